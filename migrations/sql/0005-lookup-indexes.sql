-- Lookup indexes: the head of every candidate, and its rows, which nobody may list
-- depends: 0004-pass-lists

-- migrate: apply

-- numbers is the digest of whose certificates it files, to be compared with that of those who belong in it.
create table registry.lookup_index (
    index bigint primary key references registry.statement,
    exam text collate "C" not null,
    revision bigint not null,
    secret bytea not null,
    people int not null,
    numbers bytea not null
);
create index lookup_index_exam on registry.lookup_index (exam, revision, index);

create table registry.lookup_row (
    list bigint references registry.lookup_index on delete cascade,
    ordinal int,
    number text collate "C" not null,
    key bytea not null,
    primary key (list, ordinal)
);
create index lookup_row_key on registry.lookup_row (key);

-- One digest for a set of certificate numbers, in whatever order they come; one that comes twice counts twice.
create function registry.digest_of_numbers(numbers text[]) returns bytea
language sql immutable parallel safe
return (
    select sha256(coalesce(string_agg(sha256(convert_to(n.number, 'UTF8')), ''::bytea order by n.number collate "C"), ''))
    from unnest(numbers) n (number)
);

create type registry.filed as (number text, key bytea);
create type registry.index_fields as (exam text, revision bigint, secret bytea, rows registry.filed[]);

create function registry.read_lookup_index(b bytea, s registry.opened) returns registry.index_fields
language plpgsql immutable strict parallel safe as $$
declare
    l registry.index_fields;
    fields registry.head := registry.head(b, s.content, 5);
    h registry.head;
    item record;
    r registry.filed;
    rows registry.filed[] := '{}';
    count int;
    p int;
begin
    item := registry.text(b, registry.field(b, fields.next, 1),
        '^[A-Z][0-9A-Z]{1,7}-[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?$');
    l.exam := item.value;
    item := registry.uint(b, registry.field(b, item.p, 2));
    l.revision := item.value;
    item := registry.octets(b, registry.field(b, item.p, 3), 4);
    l.secret := item.value;
    h := registry.head(b, registry.field(b, item.p, 4), 4);
    count := h.argument;
    p := h.next;
    for i in 1..count loop
        if get_byte(b, p) <> 130 then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        h := registry.head(b, p + 1, 3);
        p := h.next + h.argument::int;
        r.number := convert_from(substring(b from h.next + 1 for h.argument::int), 'UTF8');
        r.key := substring(b from p + 3 for 32);
        if r.number collate "C" !~ '^[0-9A-Z]{4,32}$'
            or get_byte(b, p) <> 88 or get_byte(b, p + 1) <> 32 or octet_length(r.key) < 32
        then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        p := p + 34;
        rows[i] := r;
    end loop;
    l.rows := rows;
    if l.revision = 0 then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    perform registry.ends(s, registry.later(b, p, fields.argument - 4));
    return l;
end $$;

create function registry.file_lookup_index() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    l registry.index_fields := registry.read_lookup_index(b, registry.open(b));
begin
    insert into registry.lookup_index (index, exam, revision, secret, people, numbers)
    values (
        new.index, l.exam, l.revision, l.secret, cardinality(l.rows),
        registry.digest_of_numbers(array(select r.number from unnest(l.rows) r))
    );
    insert into registry.lookup_row (list, ordinal, number, key)
    select new.index, r.ordinality, r.number, r.key from unnest(l.rows) with ordinality r;
    return null;
end $$;

create trigger file_lookup_index after insert on registry.statement
    for each row when (new.kind = 4) execute function registry.file_lookup_index();

-- migrate: rollback
