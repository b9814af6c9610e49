-- Certificates and changes of their status: every candidate, by number; which are believed is for who reads them
-- depends: 0002-statements

-- migrate: apply

create table registry.certificate (
    index bigint primary key references registry.statement,
    number text collate "C" not null,
    exam text collate "C" not null,
    short bytea not null
);
create index certificate_number on registry.certificate (number, index);
create index certificate_short on registry.certificate (short);

create table registry.change (
    index bigint primary key references registry.statement,
    number text collate "C" not null,
    short bytea not null,
    action text not null,
    effective_at bigint not null,
    replacement text collate "C",
    replacement_short bytea
);
create index change_number on registry.change (number, index);
create index change_replacement on registry.change (replacement, index) where replacement is not null;

-- The exam's code is programme and term; the holder's name and the hint are looked at no further than their lengths.
create type registry.certificate_fields as (number text, exam text);

create function registry.read_certificate(b bytea, s registry.opened) returns registry.certificate_fields
language plpgsql immutable strict parallel safe as $$
declare
    c registry.certificate_fields;
    h registry.head := registry.head(b, s.content, 5);
    later bigint := h.argument - 4;
    p int := h.next;
    texts text[] := '{}';
begin
    -- Holder, hint, programme and term; then, on an older paper, its date.
    for key in 1..6 loop
        continue when key = 5;
        if key = 6 then
            exit when later < 1 or get_byte(b, p) <> 6;
            later := later - 1;
        elsif get_byte(b, p) <> key then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        h := registry.head(b, p + 1);
        p := h.next + h.argument::int;
        if h.major <> 3 or p > s.stop then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        texts[key] := convert_from(substring(b from h.next + 1 for h.argument::int), 'UTF8');
    end loop;
    c.number := convert_from(s.cti, 'UTF8');
    c.exam := texts[3] || '-' || texts[4];
    -- For an older paper no ID number may be known.
    if c.number collate "C" !~ '^[0-9A-Z]{4,32}$'
        or c.exam collate "C" !~ '^[A-Z][0-9A-Z]{1,7}-[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?$'
        or texts[1] = '' or length(texts[1]) > 50 or length(texts[2]) > 4 or texts[2] = '' and texts[6] is null
        or texts[6] collate "C" !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
    then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    if later <> 0 then
        p := registry.later(b, p, later);
    end if;
    if p <> s.stop then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    return c;
end $$;

-- A certificate as a change names it: number and the first 16 bytes of its SHA-256.
create function registry.named(b bytea, inout p int, out number text, out short bytea)
language plpgsql immutable strict parallel safe as $$
declare
    item record;
begin
    item := registry.text(b, registry.field(b, p, 130), '^[0-9A-Z]{4,32}$');
    number := item.value;
    item := registry.octets(b, item.p, 16);
    short := item.value;
    p := item.p;
end $$;

create type registry.change_fields as (
    number text, short bytea, action text, effective_at bigint, replacement text, replacement_short bytea
);

create function registry.read_change(b bytea, s registry.opened) returns registry.change_fields
language plpgsql immutable strict parallel safe as $$
declare
    c registry.change_fields;
    fields registry.head := registry.head(b, s.content, 5);
    item record;
    p int;
    later bigint := fields.argument - 4;
begin
    item := registry.named(b, registry.field(b, fields.next, 1));
    c.number := item.number;
    c.short := item.short;
    item := registry.text(b, registry.field(b, item.p, 2), '^(suspended|reinstated|revoked|replaced)$');
    c.action := item.value;
    item := registry.time(b, registry.field(b, item.p, 3));
    c.effective_at := item.value;
    item := registry.text(b, registry.field(b, item.p, 4),
        '^(registration_error|misconduct|false_materials|holder_request|reissued|investigation|key_compromise|other)$');
    p := item.p;
    if later > 0 and get_byte(b, p) = 5 then
        item := registry.named(b, p + 1);
        c.replacement := item.number;
        c.replacement_short := item.short;
        p := item.p;
        later := later - 1;
    end if;
    if later > 0 and get_byte(b, p) = 6 then
        perform registry.head(b, p + 1, 3);
        p := registry.skip(b, p + 1, 2, false);
        later := later - 1;
    end if;
    perform registry.ends(s, registry.later(b, p, later));
    return c;
end $$;

create function registry.file_certificate() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into registry.certificate (index, number, exam, short)
    select r.index, (r.fields).number, (r.fields).exam, r.short
    from (
        select a.index, substring(a.digest for 16) as short, registry.read_certificate(a.b, registry.open(a.b)) as fields
        from (
            -- Whole and flat, once for both functions.
            select t.index, t.digest, t.bytes || ''::bytea as b from added t where t.kind = 1 offset 0
        ) a offset 0
    ) r;
    return null;
end $$;

create function registry.file_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    c registry.change_fields := registry.read_change(b, registry.open(b));
begin
    insert into registry.change select new.index, c.*;
    return null;
end $$;

-- All of one COPY together, as they come in thousands.
create trigger file_certificate after insert on registry.statement referencing new table as added
    for each statement execute function registry.file_certificate();
create trigger file_change after insert on registry.statement
    for each row when (new.kind = 2) execute function registry.file_change();

-- migrate: rollback
