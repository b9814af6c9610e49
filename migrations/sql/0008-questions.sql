-- What the service asks: every candidate, never one chosen among them, for who is believed is its own to find out
-- depends: 0007-disown

-- migrate: apply

-- How far the log goes, how many bodies were emptied, which statement is the newest that calls itself a keyring or a
-- list, and the time: who knows these knows whether what was read before is still the whole. Here and in the views below
-- each statement is found by itself. A join is planned by what is known of tables, and of one with three keyrings or ten
-- changes PostgreSQL never learns anything: it read the whole log beside them.
create view registry.state as
select
    coalesce((select max(s.index) + 1 from registry.statement s), 0) as size,
    (select count(*) from registry.disowned) as disowned,
    k.index as keyring, (select s.digest from registry.statement s where s.index = k.index) as keyring_digest,
    l.index as list, (select s.digest from registry.statement s where s.index = l.index) as list_digest,
    extract(epoch from now())::bigint as now
from (select max(o.index) as index from registry.keyring o) k, (select max(o.index) as index from registry.pass_list o) l;

create view registry.keyrings as
select k.index, k.version,
    (select s.digest from registry.statement s where s.index = k.index) as digest,
    (select s.bytes from registry.statement s where s.index = k.index) as bytes
from registry.keyring k;

create view registry.certificates as
select c.index, c.number, c.exam, c.short, (select s.bytes from registry.statement s where s.index = c.index) as bytes
from registry.certificate c;

create view registry.changes as
select c.*, (select s.bytes from registry.statement s where s.index = c.index) as bytes
from registry.change c;

create view registry.list_heads as
select l.*, (select s.digest from registry.statement s where s.index = l.index) as digest
from registry.pass_list l;

-- For their signatures to be checked, whatever their term: which certificates a final list names holds for ever.
create view registry.list_statements as
select l.index, s.bytes from registry.pass_list l join registry.statement s using (index);

-- Rows of lists within their term.
create view registry.shown_rows with (security_barrier) as
select r.list, r.ordinal, r.serial, r.name, r.id
from registry.list_row r
where exists (
    select from registry.pass_list l
    where l.index = r.list and (l.public_until is null or l.public_until > extract(epoch from now()))
);

-- Of lookup indexes all but whom they file under what.
create view registry.index_heads as
select i.index, i.exam, i.revision, i.people, i.numbers from registry.lookup_index i;

-- Rows of a list, while it is within its term, whose names begin with these characters.
create function registry.find_rows(list bigint, beginning text, most int)
returns table (serial bigint, name text, id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.serial, r.name, r.id
    from registry.pass_list l join registry.list_row r on r.list = l.index
    where l.index = $1 and (l.public_until is null or l.public_until > extract(epoch from now()))
        and r.name collate "C" >= $2 and r.name collate "C" < $2 || chr(1114111)
    order by r.name collate "C", r.ordinal
    limit least($3, 1000)
$$;

-- How many people a list has more and fewer than another.
create function registry.compare_lists(later bigint, earlier bigint, out added bigint, out removed bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        (select count(*) from (
            select r.name, r.id from registry.list_row r where r.list = $1
            except all
            select r.name, r.id from registry.list_row r where r.list = $2) as more),
        (select count(*) from (
            select r.name, r.id from registry.list_row r where r.list = $2
            except all
            select r.name, r.id from registry.list_row r where r.list = $1) as fewer)
$$;

-- Rows of a list, while it is within its term, whose certificates some change names.
create function registry.changed_rows(list bigint) returns table (serial bigint, number text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.serial, c.number
    from registry.pass_list l
    join registry.list_row r on r.list = l.index
    join registry.certificate c on c.short = r.short
    where l.index = $1 and (l.public_until is null or l.public_until > extract(epoch from now()))
        and c.number in (
            select x.number from registry.change x
            union all
            select x.replacement from registry.change x where x.replacement is not null
        )
    group by r.ordinal, r.serial, c.number
    order by r.ordinal
    limit 10000
$$;

-- Who belongs in the lookup index of an exam: those whom a final list names, and later ones of their lines, by number.
-- missing counts those whose certificate is not there; numbers compares with that of registry.index_heads.
create function registry.belonging(list bigint, later text[], out people bigint, out missing bigint, out numbers bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with named as (
        select r.short, min(c.number) as number
        from registry.list_row r left join registry.certificate c on c.short = r.short
        where r.list = $1 and r.short is not null
        group by r.short
    ),
    found as (
        select n.number from named n where n.number is not null
        union
        select unnest($2)
    )
    select count(*), (select count(*) from named n where n.number is null), registry.digest_of_numbers(array_agg(f.number))
    from found f
$$;

-- The exams of what was filed from a log index on: of whose lookup indexes what was known before may not hold.
create function registry.exams_since(size bigint) returns table (exam text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.exam from registry.certificate c where c.index >= $1
    union
    select l.exam from registry.pass_list l where l.index >= $1
    union
    select i.exam from registry.lookup_index i where i.index >= $1
    union
    select c.exam from registry.change x join registry.certificate c on c.number in (x.number, x.replacement)
    where x.index >= $1
$$;

-- Certificate numbers filed under lookup keys, and in which index: who knows no key learns nothing.
create function registry.lookup(keys bytea[]) returns table (key bytea, list bigint, number text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if cardinality(keys) > 1000 then
        raise data_exception using message = 'too many lookup keys';
    end if;
    return query select r.key, r.list, r.number from registry.lookup_row r where r.key = any(keys);
end $$;

-- migrate: rollback
