-- Statements, append-only, and the reader of their bytes
-- depends:

-- migrate: apply

create schema registry;

-- Everything the centre ever published, numbered from 0 in the order published: the number is the log index.
-- A publisher gives index and bytes; the rest is derived from the bytes below.
create table registry.statement (
    index bigint primary key check (index >= 0),
    kind smallint not null check (kind between 1 and 8),
    digest bytea not null unique check (octet_length(digest) = 32),
    bytes bytea not null,
    published_at timestamptz not null
);
-- Signed bytes do not compress.
alter table registry.statement alter column bytes set storage external;

-- One CBOR head (RFC 8949 section 3) at byte p of b, which must be in its shortest form.
create type registry.head as (major int, argument bigint, next int);

create function registry.head(b bytea, p int) returns registry.head
language plpgsql immutable strict parallel safe as $$
declare
    initial int := get_byte(b, p);
    info int := initial & 31;
    h registry.head;
begin
    h.major := initial >> 5;
    if info < 24 then
        h.argument := info;
        h.next := p + 1;
        return h;
    end if;
    if info = 24 then
        h.argument := get_byte(b, p + 1);
        h.next := p + 2;
    elsif info = 25 then
        h.argument := (get_byte(b, p + 1) << 8) | get_byte(b, p + 2);
        h.next := p + 3;
    elsif info = 26 then
        h.argument := (get_byte(b, p + 1)::bigint << 24) | (get_byte(b, p + 2) << 16)
            | (get_byte(b, p + 3) << 8) | get_byte(b, p + 4);
        h.next := p + 5;
    elsif info = 27 and get_byte(b, p + 1) < 128 then
        h.argument := 0;
        for i in 1..8 loop
            h.argument := (h.argument << 8) | get_byte(b, p + i);
        end loop;
        h.next := p + 9;
    else
        raise data_exception using message = 'not deterministic CBOR';
    end if;
    if h.argument < (case info when 24 then 24 when 25 then 256 when 26 then 65536 else 4294967296 end) then
        raise data_exception using message = 'not deterministic CBOR';
    end if;
    return h;
end $$;

-- The same, of the one major type that may stand there.
create function registry.head(b bytea, p int, major int) returns registry.head
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p);
begin
    if h.major <> major or h.argument > 2147483647 and major > 1 then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    return h;
end $$;

-- Each reader below takes the value at p and gives it with the place behind it.
create function registry.uint(b bytea, inout p int, out value bigint)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 0);
begin
    value := h.argument;
    p := h.next;
end $$;

create function registry.octets(b bytea, inout p int, out value bytea)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 2);
begin
    value := substring(b from h.next + 1 for h.argument::int);
    p := h.next + h.argument::int;
    if octet_length(value) < h.argument then
        raise data_exception using message = 'the statement is incomplete';
    end if;
end $$;

create function registry.text(b bytea, inout p int, out value text)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 3);
    raw bytea := substring(b from h.next + 1 for h.argument::int);
begin
    p := h.next + h.argument::int;
    if octet_length(raw) < h.argument then
        raise data_exception using message = 'the statement is incomplete';
    end if;
    value := convert_from(raw, 'UTF8');
end $$;

-- Null is the one simple value that stands for nothing.
create function registry.is_null(b bytea, p int) returns boolean
language sql immutable strict parallel safe
return get_byte(b, p) = 246;

-- A map key that must stand at p; the place behind it.
create function registry.field(b bytea, p int, key int) returns int
language plpgsql immutable strict parallel safe as $$
begin
    if get_byte(b, p) <> key then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    return p + 1;
end $$;

-- The envelope and the registered claims; content is the place of the kind's own map.
create type registry.opened as (kind int, kid bytea, iat bigint, cti bytea, content int);

create function registry.open(b bytea) returns registry.opened
language plpgsql immutable strict parallel safe as $$
declare
    s registry.opened;
    h registry.head;
    claims int;
    payload_end int;
    number record;
    p int;
begin
    -- [protected: << {1: -19, 4: kid} >>, {}, payload, signature]
    if substring(b for 7) <> '\x8449a201320444' or get_byte(b, 11) <> 160 then
        raise data_exception using message = 'not a statement';
    end if;
    s.kid := substring(b from 8 for 4);
    h := registry.head(b, 12, 2);
    payload_end := h.next + h.argument::int;
    if octet_length(b) <> payload_end + 66 or substring(b from payload_end + 1 for 2) <> '\x5840' then
        raise data_exception using message = 'not a statement';
    end if;
    h := registry.head(b, h.next, 5);
    claims := h.argument;
    p := h.next;
    for i in 1..claims loop
        h := registry.head(b, p);
        p := h.next;
        if h.major = 1 and h.argument between 65536 and 65543 and i = claims then
            s.kind := h.argument - 65535;
            s.content := p;
        elsif h.major = 0 and h.argument in (4, 6) then
            number := registry.uint(b, p);
            p := number.p;
            if h.argument = 6 then
                s.iat := number.value;
            end if;
        elsif h.major = 0 and h.argument = 7 then
            number := registry.octets(b, p);
            p := number.p;
            s.cti := number.value;
        else
            raise data_exception using message = 'not a statement';
        end if;
    end loop;
    if s.kind is null or s.iat is null then
        raise data_exception using message = 'not a statement';
    end if;
    return s;
end $$;

-- One publisher at a time: who locks this table, which holds nothing, publishes. Only the owner's functions can, so
-- that no reader keeps a publisher waiting (ADR 12).
create table registry.turn ();

create function registry.begin_publishing() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    lock table registry.turn in exclusive mode;
end $$;

-- Before a row is taken: one publisher at a time, no gap in the numbers, and nothing but the bytes believed.
create function registry.hold_the_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    lock table registry.turn in exclusive mode;
    return null;
end $$;

create function registry.take_statement() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    last bigint := (select max(s.index) from registry.statement s);
begin
    if new.index is distinct from coalesce(last + 1, 0) then
        raise integrity_constraint_violation using message = 'not the next log index';
    end if;
    new.kind := (registry.open(new.bytes)).kind;
    new.digest := sha256(new.bytes);
    new.published_at := transaction_timestamp();
    return new;
end $$;

create trigger hold_the_log before insert on registry.statement
    for each statement execute function registry.hold_the_log();
create trigger take_statement before insert on registry.statement
    for each row execute function registry.take_statement();

-- migrate: rollback
