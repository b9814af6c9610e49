-- Rows that a change names, from whichever side is the shorter: the list, or all changes of the registry
-- depends: 0011-snapshots

-- migrate: apply

-- Each row beside the change of it is found by itself (see 0008). A join of both was planned by what is known of tables:
-- every change of the registry was read for each list and, where nobody had looked at the tables yet, all of them again
-- for every row. Counted as far as the list is long, so that a question costs no more than so many rows, whatever
-- the registry holds.
create or replace function registry.changed_rows(list bigint) returns table (serial bigint, number text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most int := (
        select l.people from registry.pass_list l
        where l.index = $1 and (l.public_until is null or l.public_until > extract(epoch from now()))
    );
begin
    if most is null then
        return;
    end if;
    if (select count(*) from (select from registry.change x limit most) counted) < most then
        return query
        select r.serial, c.number
        from (
            select x.number from registry.change x
            union
            select x.replacement from registry.change x where x.replacement is not null
        ) x
        cross join lateral (
            select c.number, c.short from registry.certificate c where c.number = x.number offset 0
        ) c
        cross join lateral (
            select r.ordinal, r.serial from registry.list_row r where r.short = c.short and r.list = $1 offset 0
        ) r
        group by r.ordinal, r.serial, c.number
        order by r.ordinal
        limit 10000;
    else
        return query
        select r.serial, c.number
        from registry.list_row r
        cross join lateral (
            select distinct c.number from registry.certificate c where c.short = r.short offset 0
        ) c
        where r.list = $1 and r.ordinal between 1 and most and coalesce(
            (select true from registry.change x where x.number = c.number limit 1),
            (select true from registry.change x where x.replacement = c.number limit 1)
        )
        order by r.ordinal
        limit 10000;
    end if;
end $$;

revoke all on function registry.changed_rows(bigint) from public;
grant execute on function registry.changed_rows(bigint) to yinjian_reader;

-- migrate: rollback
