-- The strict reader of bytes: deterministic CBOR (RFC 8949 section 4.2.1), the subset that statements use
-- depends:

-- migrate: apply

create schema registry;

-- One head (RFC 8949 section 3) in its shortest form: major type, argument, and the place behind it. Places count from 0.
create type registry.head as (major int, argument bigint, next int);

-- The head at byte p of b. An integer from 2^63 on is none here.
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

-- The same, of the one major type that may stand there; lengths and counts are below 2^31.
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

-- Seconds since 1970, to the end of the year 9999.
create function registry.time(b bytea, inout p int, out value bigint)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 0);
begin
    value := h.argument;
    p := h.next;
    if value > 253402300799 then
        raise data_exception using message = 'a time beyond the year 9999';
    end if;
end $$;

-- A time, or null: the one simple value that stands for nothing.
create function registry.time_or_null(b bytea, inout p int, out value bigint)
language plpgsql immutable strict parallel safe as $$
declare
    item record;
begin
    if get_byte(b, p) = 246 then
        p := p + 1;
    else
        item := registry.time(b, p);
        p := item.p;
        value := item.value;
    end if;
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

-- The same, of one length.
create function registry.octets(b bytea, inout p int, size int, out value bytea)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 2);
begin
    value := substring(b from h.next + 1 for size);
    p := h.next + size;
    if h.argument <> size or octet_length(value) < size then
        raise data_exception using message = 'not a statement of its kind';
    end if;
end $$;

-- A text, which must be UTF-8, and without U+0000, which PostgreSQL cannot keep.
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

-- A text that the expression matches, from its beginning to its end.
create function registry.text(b bytea, inout p int, form text, out value text)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 3);
    raw bytea := substring(b from h.next + 1 for h.argument::int);
begin
    p := h.next + h.argument::int;
    value := convert_from(raw, 'UTF8');
    if octet_length(raw) < h.argument or value collate "C" !~ form then
        raise data_exception using message = 'not a statement of its kind';
    end if;
end $$;

-- A map key that must stand at p; the place behind it.
create function registry.field(b bytea, p int, key int) returns int
language plpgsql immutable strict parallel safe as $$
begin
    if get_byte(b, p) <> key then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    return p + 1;
end $$;

-- The place behind any value at p, which must be of the subset throughout. depth is how many arrays and maps it stands
-- in; any_key lets maps have other keys than integers (names, and a snapshot's).
create function registry.skip(b bytea, p int, depth int, any_key boolean) returns int
language plpgsql immutable strict parallel safe as $$
declare
    initial int := get_byte(b, p);
    h registry.head;
    raw bytea;
    start int;
    key bytea;
    before bytea := '';
begin
    if initial in (244, 245, 246) then
        return p + 1;
    end if;
    if initial in (27, 59) then
        -- An integer of eight bytes, of which the first half may not be empty.
        if substring(b from p + 2 for 4) = '\x00000000' or octet_length(b) < p + 9 then
            raise data_exception using message = 'not deterministic CBOR';
        end if;
        return p + 9;
    end if;
    h := registry.head(b, p);
    if h.major < 2 then
        return h.next;
    end if;
    h := registry.head(b, p, h.major);
    if h.major < 4 then
        raw := substring(b from h.next + 1 for h.argument::int);
        if octet_length(raw) < h.argument then
            raise data_exception using message = 'the statement is incomplete';
        end if;
        if h.major = 3 then
            -- U+0000 is UTF-8, though no text of PostgreSQL's.
            while position('\x00'::bytea in raw) > 0 loop
                perform convert_from(substring(raw for position('\x00'::bytea in raw) - 1), 'UTF8');
                raw := substring(raw from position('\x00'::bytea in raw) + 1);
            end loop;
            perform convert_from(raw, 'UTF8');
        end if;
        return h.next + h.argument::int;
    end if;
    if h.major > 5 or depth >= 16 then
        raise data_exception using message = 'not deterministic CBOR';
    end if;
    p := h.next;
    for i in 1..h.argument loop
        if h.major = 5 then
            start := p;
            if get_byte(b, p) >> 5 > (case when any_key then 3 else 1 end) then
                raise data_exception using message = 'not deterministic CBOR';
            end if;
            p := registry.skip(b, p, depth + 1, any_key);
            key := substring(b from start + 1 for p - start);
            if key <= before then
                raise data_exception using message = 'not deterministic CBOR';
            end if;
            before := key;
        end if;
        p := registry.skip(b, p, depth + 1, any_key);
    end loop;
    return p;
end $$;

-- The place behind a content's last count fields, those that a later version may add (16 to 23), each once and in order.
create function registry.later(b bytea, p int, count bigint) returns int
language plpgsql immutable strict parallel safe as $$
declare
    before int := 15;
begin
    if count < 0 then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    for i in 1..count loop
        if get_byte(b, p) not between before + 1 and 23 then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        before := get_byte(b, p);
        p := registry.skip(b, p + 1, 2, false);
    end loop;
    return p;
end $$;

-- migrate: rollback
