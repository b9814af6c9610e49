-- Which lookup index covers which final list, found out once, when they are filed: neither ever changes
-- depends: 0012-changed-rows

-- migrate: apply

-- An index that files everybody whom a list names, each once, and so many further ones; numbers is their digest. Whose
-- further ones belong in it by replacements is for who reads: see registry.covering. Nobody but the functions below
-- writes here, as with every other table that comes from statements.
create table registry.covered (
    list bigint references registry.pass_list on delete cascade,
    index bigint references registry.lookup_index on delete cascade,
    further int not null,
    numbers bytea not null,
    primary key (list, index)
);
create index covered_index on registry.covered (index);

-- What registry.covered holds of one list, by which of these indexes cover it; nothing where it names one that is not
-- filed. Rows are read under keys alone, and both sets of numbers joined by hash, whatever is known of the tables and
-- however the connection is set.
create function registry.covers(list bigint, indexes bigint[])
returns table (index bigint, further int, numbers bytea)
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off set enable_hashjoin = on as $$
declare
    named text[] := array(
        select (
            -- A bare min() would be sought along all numbers where nobody has counted the table: for each row anew.
            select min(f.number)
            from (select c.number from registry.certificate c where c.short = r.short offset 0) f
        )
        from registry.list_row r where r.list = covers.list and r.short is not null
    );
begin
    if array_position(named, null) is not null then
        return;
    end if;
    named := array(select distinct n.number from unnest(named) n (number));
    return query
    select i.index, i.people - cardinality(named), f.numbers
    from registry.lookup_index i
    cross join lateral (
        select count(distinct r.number) as distinct_numbers, count(n.number) as those_named,
            registry.digest_of_numbers(array_agg(r.number) filter (where n.number is null)) as numbers
        from registry.lookup_row r left join unnest(named) n (number) on n.number = r.number
        where r.list = i.index
    ) f
    where i.index = any (covers.indexes)
        and f.distinct_numbers = i.people and f.those_named = cardinality(named);
end $$;

-- Files that anew, of some final lists with all indexes of their exams.
create function registry.relate(lists bigint[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from registry.covered c where c.list = any (lists);
    insert into registry.covered (list, index, further, numbers)
    select l.index, c.*
    from unnest(lists) u (index)
    join registry.pass_list l on l.index = u.index and l.stage = 'final'
    cross join lateral registry.covers(
        l.index, array(select i.index from registry.lookup_index i where i.exam = l.exam)
    ) c;
end $$;

-- After one COPY: its lists, those that name its certificates, and its indexes with the lists that were there.
create function registry.relate_added() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    lists bigint[] := array(
        select a.index from added a where a.kind = 3
        union
        select r.list
        from added a
        cross join lateral (
            select r.list from registry.list_row r where r.short = substring(a.digest for 16) offset 0
        ) r
        where a.kind = 1
    );
begin
    if lists <> '{}' then
        perform registry.relate(lists);
    end if;
    insert into registry.covered (list, index, further, numbers)
    select l.index, c.*
    from added a
    join registry.lookup_index i on i.index = a.index
    join registry.pass_list l on l.exam = i.exam and l.stage = 'final'
    cross join lateral registry.covers(l.index, array[i.index]) c
    where a.kind = 4 and l.index <> all (lists);
    return null;
end $$;

-- What the owner changes by hand is looked at anew, so that nothing stands here that its rows do not say.
create function registry.relate_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'certificate' then
        perform registry.relate(array(
            select distinct r.list
            from changed b
            cross join lateral (select r.list from registry.list_row r where r.short = b.short offset 0) r
        ));
    elsif tg_table_name = 'list_row' then
        perform registry.relate(array(select distinct b.list from changed b));
    else
        perform registry.relate(array(
            select distinct l.index
            from changed b
            join registry.lookup_index i on i.index = b.list
            join registry.pass_list l on l.exam = i.exam and l.stage = 'final'
        ));
    end if;
    return null;
end $$;

-- Behind file_certificate, by its name: PostgreSQL fires them in that order.
create trigger relate_added after insert on registry.statement referencing new table as added
    for each statement execute function registry.relate_added();

do $$
declare
    name text;
    how text;
begin
    foreach name in array array['certificate', 'list_row', 'lookup_row'] loop
        foreach how in array array['update of old', 'update of new', 'delete of old'] loop
            execute format(
                'create trigger relate_%s after %s on registry.%I referencing %s table as changed
                 for each statement execute function registry.relate_changed()',
                replace(how, ' ', '_'), split_part(how, ' ', 1), name, split_part(how, ' ', 3)
            );
        end loop;
    end loop;
end $$;

select registry.relate(array(select l.index from registry.pass_list l where l.stage = 'final'));

-- Which indexes cover a list, where certificates with these short hashes were replaced, however often in between, by
-- those of these numbers, in pairs: whom the list names of the former, for him the latter belongs in the index too.
create function registry.covering(list bigint, shorts bytea[], later text[]) returns table (index bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with belonging as (
        select distinct p.later as number
        from unnest($2, $3) p (short, later)
        where exists (select from registry.list_row r where r.short = p.short and r.list = $1)
    ),
    further as (
        select b.number from belonging b
        where not exists (
            select from registry.certificate c join registry.list_row r on r.short = c.short
            where c.number = b.number and r.list = $1
        )
    )
    select c.index from registry.covered c
    where c.list = $1
        and c.numbers = (select registry.digest_of_numbers(array_agg(f.number)) from further f)
$$;

drop function registry.belonging(bigint, text[]);

revoke all on all functions in schema registry from public;
grant select on registry.covered to yinjian_signer;
grant execute on function registry.covers(bigint, bigint[]) to yinjian_signer;
grant execute on function registry.covering(bigint, bytea[], text[]) to yinjian_reader;

-- migrate: rollback
