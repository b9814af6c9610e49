-- What the pages of a list ask: rows by the beginning of a name, and how much changed since the notice
-- depends: 0003-rights

-- migrate: apply

create index list_row_name on registry.list_row (list, name collate "C");

-- Rows of an exam's newest list, while it is within its term, whose names begin with these characters.
create function registry.find_rows(exam text, beginning text, most int)
returns table (serial bigint, name text, id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.serial, r.name, r.id
    from registry.exams e join registry.list_row r on r.list = e.index
    where e.exam = $1 and e.is_public
        and r.name collate "C" >= $2 and r.name collate "C" < $2 || chr(1114111)
    order by r.name collate "C", r.ordinal
    limit least($3, 1000)
$$;

-- How many people an exam's newest final list has more and fewer than its last notice; no row where there was none.
-- The notice itself is hidden: counts are all that is told of it.
create function registry.changed_since_notice(final bigint)
returns table (added bigint, removed bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        (select count(*) from (
            select r.name, r.id from registry.list_row r where r.list = $1
            except all
            select r.name, r.id from registry.list_row r where r.list = n.index) as more),
        (select count(*) from (
            select r.name, r.id from registry.list_row r where r.list = n.index
            except all
            select r.name, r.id from registry.list_row r where r.list = $1) as fewer)
    from registry.exams e
    join lateral (
        select l.index from registry.pass_list l
        where l.exam = e.exam and l.stage = 'notice' order by l.revision desc limit 1
    ) n on true
    where e.index = $1 and e.stage = 'final' and e.is_public
$$;

revoke all on function registry.find_rows(text, text, int), registry.changed_since_notice(bigint) from public;
grant execute on function registry.find_rows(text, text, int), registry.changed_since_notice(bigint) to yinjian_reader;

-- migrate: rollback
