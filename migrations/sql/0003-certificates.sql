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
    fields registry.head := registry.head(b, s.content, 5);
    item record;
    holder text;
    hint text;
    later bigint := fields.argument - 4;
begin
    c.number := convert_from(s.cti, 'UTF8');
    item := registry.text(b, registry.field(b, fields.next, 1));
    holder := item.value;
    item := registry.text(b, registry.field(b, item.p, 2));
    hint := item.value;
    item := registry.text(b, registry.field(b, item.p, 3), '^[A-Z][0-9A-Z]{1,7}$');
    c.exam := item.value;
    item := registry.text(b, registry.field(b, item.p, 4), '^[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?$');
    c.exam := c.exam || '-' || item.value;
    if later > 0 and get_byte(b, item.p) = 6 then
        -- The date on an older paper, for which no ID number may be known.
        item := registry.text(b, item.p + 1, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$');
        later := later - 1;
    elsif hint = '' then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    if c.number collate "C" !~ '^[0-9A-Z]{4,32}$' or holder = '' or length(holder) > 50 or length(hint) > 4 then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    perform registry.ends(s, registry.later(b, item.p, later));
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
declare
    b bytea := new.bytes || ''::bytea;
    c registry.certificate_fields := registry.read_certificate(b, registry.open(b));
begin
    insert into registry.certificate (index, number, exam, short)
    values (new.index, c.number, c.exam, substring(new.digest for 16));
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

create trigger file_certificate after insert on registry.statement
    for each row when (new.kind = 1) execute function registry.file_certificate();
create trigger file_change after insert on registry.statement
    for each row when (new.kind = 2) execute function registry.file_change();

-- migrate: rollback
