-- Statements, append-only: the envelope, and the one place where a publisher writes
-- depends: 0001-bytes

-- migrate: apply

-- Everything the centre ever published, numbered from 0 in the order published: the number is the log index.
-- A publisher gives index and bytes; the rest is derived from the bytes below. The same bytes may stand twice: what is
-- filed but not believed occupies nothing. A body that the owner emptied keeps index, kind and hash.
create table registry.statement (
    index bigint primary key check (index >= 0),
    kind smallint not null check (kind between 1 and 8),
    digest bytea not null check (octet_length(digest) = 32),
    kid bytea not null,
    bytes bytea not null,
    published_at timestamptz not null
);
create index statement_digest on registry.statement (digest);
-- Signed bytes do not compress.
alter table registry.statement alter column bytes set storage external;

-- The envelope and the registered claims; content is the place of the kind's own map, stop the one behind it.
create type registry.opened as (kind int, kid bytea, iat bigint, cti bytea, content int, stop int);

-- It runs for every statement twice: that is why it reads values itself, as 0003 to 0005 do those that come often.
create function registry.open(b bytea) returns registry.opened
language plpgsql immutable strict parallel safe as $$
declare
    s registry.opened;
    h registry.head;
    key bigint;
    claims int;
    before bigint := -1;
    expires boolean := false;
    p int;
begin
    -- [protected: << {1: -19, 4: kid} >>, {}, payload, signature]
    if substring(b for 7) <> '\x8449a201320444' or get_byte(b, 11) <> 160 then
        raise data_exception using message = 'not a statement';
    end if;
    s.kid := substring(b from 8 for 4);
    h := registry.head(b, 12, 2);
    s.stop := h.next + h.argument::int;
    if octet_length(b) <> s.stop + 66 or substring(b from s.stop + 1 for 2) <> '\x5840' then
        raise data_exception using message = 'not a statement';
    end if;
    h := registry.head(b, h.next, 5);
    claims := h.argument;
    p := h.next;
    for i in 1..claims loop
        key := get_byte(b, p);
        if key in (4, 6, 7) and key > before then
            before := key;
            h := registry.head(b, p + 1);
            p := h.next;
            if key = 7 and h.major = 2 and h.argument <= octet_length(b) - p then
                s.cti := substring(b from p + 1 for h.argument::int);
                p := p + h.argument::int;
            elsif key < 7 and h.major = 0 and h.argument <= 253402300799 then
                if key = 6 then
                    s.iat := h.argument;
                else
                    expires := true;
                end if;
            else
                raise data_exception using message = 'not a statement';
            end if;
            continue;
        end if;
        h := registry.head(b, p);
        p := h.next;
        if h.major <> 1 or h.argument not between 65536 and 65543 or i < claims then
            raise data_exception using message = 'not a statement';
        end if;
        s.kind := h.argument - 65535;
        s.content := p;
    end loop;
    -- Of the registered claims only certificates have expiry and number.
    if s.kind is null or s.iat is null or (s.cti is not null) <> (s.kind = 1) or expires and s.kind <> 1 then
        raise data_exception using message = 'not a statement';
    end if;
    return s;
end $$;

-- A reader is through where the payload ends.
create function registry.ends(s registry.opened, p int) returns void
language plpgsql immutable parallel safe as $$
begin
    if p <> s.stop then
        raise data_exception using message = 'not a statement of its kind';
    end if;
end $$;

-- A content of which no table is made: a map, and in order throughout.
create function registry.read_content(b bytea, s registry.opened) returns void
language plpgsql immutable strict parallel safe as $$
begin
    perform registry.head(b, s.content, 5);
    perform registry.ends(s, registry.skip(b, s.content, 1, true));
end $$;

-- One publisher at a time: who locks this table, which holds nothing, publishes. Only the owner's functions can, so
-- that no reader keeps a publisher waiting (ADR 12).
create table registry.turn ();

create function registry.begin_publishing() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    lock table registry.turn in exclusive mode;
end $$;

create function registry.hold_the_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    lock table registry.turn in exclusive mode;
    return null;
end $$;

-- Before a row is taken: nothing but the bytes believed, nothing from the future.
create function registry.take_statement() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
begin
    if s.iat > extract(epoch from clock_timestamp()) + 300 then
        raise integrity_constraint_violation using message = 'signed at a time that is still to come';
    end if;
    if s.kind > 5 then
        perform registry.read_content(b, s);
    end if;
    new.kind := s.kind;
    new.kid := s.kid;
    new.digest := sha256(b);
    new.published_at := transaction_timestamp();
    return new;
end $$;

create trigger hold_the_log before insert on registry.statement
    for each statement execute function registry.hold_the_log();
create trigger take_statement before insert on registry.statement
    for each row execute function registry.take_statement();

-- After all rows of one INSERT or COPY: no gap in the numbers. That none comes twice is the key's to say.
create function registry.check_places() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    first bigint;
    last bigint;
    rows bigint;
begin
    select min(a.index), max(a.index), count(*) into first, last, rows from added a;
    if last - first + 1 <> rows
        or first <> coalesce((select max(s.index) + 1 from registry.statement s where s.index < first), 0)
    then
        raise integrity_constraint_violation using message = 'not the next log index';
    end if;
    return null;
end $$;

create trigger check_places after insert on registry.statement referencing new table as added
    for each statement execute function registry.check_places();

-- migrate: rollback
