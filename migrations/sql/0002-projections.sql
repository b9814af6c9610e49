-- Projections: read from the bytes by triggers when a statement is filed, and writable by nobody
-- depends: 0001-statements

-- migrate: apply

create table registry.certificate (
    number text collate "C" primary key,
    index bigint not null unique references registry.statement,
    exam text collate "C" not null,
    short bytea not null
);

create table registry.change (
    index bigint primary key references registry.statement,
    number text collate "C" not null,
    replacement text collate "C"
);
create index change_number on registry.change (number);
create index change_replacement on registry.change (replacement) where replacement is not null;

create table registry.pass_list (
    index bigint primary key references registry.statement,
    exam text collate "C" not null,
    programme text collate "C" not null,
    stage text not null check (stage in ('notice', 'final')),
    revision bigint not null,
    objections_until bigint,
    contact text not null,
    public_until bigint,
    people int not null,
    title_zh text not null,
    title_en text,
    held_on text collate "C" not null,
    planned_on text collate "C",
    kid bytea not null,
    issued_at bigint not null,
    unique (exam, revision)
);
create index pass_list_held on registry.pass_list (held_on desc, exam);

-- Rows of every revision; ordinal counts from 1 in the order of the list.
create table registry.list_row (
    list bigint,
    ordinal int,
    serial bigint not null,
    name text not null,
    id text not null,
    short bytea,
    primary key (list, ordinal)
);
create index list_row_short on registry.list_row (short, list) where short is not null;

create table registry.lookup_index (
    index bigint primary key references registry.statement,
    exam text collate "C" not null,
    revision bigint not null,
    secret bytea not null,
    unique (exam, revision)
);

-- The rows of each exam's newest lookup index alone.
create table registry.lookup_row (
    exam text collate "C",
    number text collate "C",
    key bytea not null,
    primary key (exam, number)
);
create index lookup_row_key on registry.lookup_row (key);

create table registry.keyring (
    version bigint primary key,
    index bigint not null unique references registry.statement
);

create function registry.file_certificate() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
    p int := (registry.head(b, s.content, 5)).next;
    item record;
    exam text;
begin
    item := registry.text(b, registry.field(b, p, 1));
    item := registry.text(b, registry.field(b, item.p, 2));
    item := registry.text(b, registry.field(b, item.p, 3));
    exam := item.value;
    item := registry.text(b, registry.field(b, item.p, 4));
    insert into registry.certificate (number, index, exam, short)
    values (convert_from(s.cti, 'SQL_ASCII'), new.index, exam || '-' || item.value, substring(new.digest for 16));
    return null;
end $$;

create function registry.file_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
    fields registry.head := registry.head(b, s.content, 5);
    pair registry.head;
    item record;
    number text;
    replacement text;
begin
    pair := registry.head(b, registry.field(b, fields.next, 1), 4);
    item := registry.text(b, pair.next);
    number := item.value;
    item := registry.octets(b, item.p);
    item := registry.text(b, registry.field(b, item.p, 2));
    item := registry.uint(b, registry.field(b, item.p, 3));
    item := registry.text(b, registry.field(b, item.p, 4));
    if fields.argument > 4 and get_byte(b, item.p) = 5 then
        pair := registry.head(b, item.p + 1, 4);
        item := registry.text(b, pair.next);
        replacement := item.value;
    end if;
    insert into registry.change (index, number, replacement) values (new.index, number, replacement);
    return null;
end $$;

-- The rows of a pass list whose array begins at p; behind is the place after each.
create function registry.list_rows(b bytea, p int)
returns table (ordinal int, serial bigint, name text, id text, short bytea, behind int)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 4);
    item record;
begin
    behind := h.next;
    for i in 1..h.argument loop
        if get_byte(b, behind) <> 132 then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        ordinal := i;
        item := registry.uint(b, behind + 1);
        serial := item.value;
        item := registry.text(b, item.p);
        name := item.value;
        item := registry.text(b, item.p);
        id := item.value;
        if registry.is_null(b, item.p) then
            short := null;
            behind := item.p + 1;
        else
            item := registry.octets(b, item.p);
            short := item.value;
            behind := item.p;
        end if;
        return next;
    end loop;
end $$;

create function registry.file_pass_list() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
    p int := (registry.head(b, s.content, 5)).next;
    item record;
    l registry.pass_list;
    h registry.head;
begin
    l.index := new.index;
    l.kid := s.kid;
    l.issued_at := s.iat;
    item := registry.text(b, registry.field(b, p, 1));
    l.exam := item.value;
    item := registry.text(b, registry.field(b, item.p, 2));
    l.programme := item.value;
    item := registry.text(b, registry.field(b, item.p, 3));
    l.stage := item.value;
    item := registry.uint(b, registry.field(b, item.p, 4));
    l.revision := item.value;
    p := registry.field(b, item.p, 5);
    if registry.is_null(b, p) then
        p := p + 1;
    else
        item := registry.uint(b, p);
        l.objections_until := item.value;
        p := item.p;
    end if;
    item := registry.text(b, registry.field(b, p, 6));
    l.contact := item.value;
    p := registry.field(b, item.p, 7);
    if registry.is_null(b, p) then
        p := p + 1;
    else
        item := registry.uint(b, p);
        l.public_until := item.value;
        p := item.p;
    end if;
    p := registry.field(b, p, 8);
    h := registry.head(b, p, 4);
    l.people := h.argument;

    if l.revision <> 1 + coalesce((select max(o.revision) from registry.pass_list o where o.exam = l.exam), 0) then
        raise integrity_constraint_violation using message = 'not the next revision of its pass list';
    end if;

    with r as materialized (select * from registry.list_rows(b, p)),
    filed as (
        insert into registry.list_row (list, ordinal, serial, name, id, short)
        select new.index, r.ordinal, r.serial, r.name, r.id, r.short from r
    )
    select coalesce(max(r.behind), h.next) into p from r;

    p := (registry.head(b, registry.field(b, p, 9), 5)).next;
    h := registry.head(b, registry.field(b, p, 1), 5);
    p := h.next;
    for i in 1..h.argument loop
        item := registry.text(b, p);
        if item.value = 'zh' then
            item := registry.text(b, item.p);
            l.title_zh := item.value;
        elsif item.value = 'en' then
            item := registry.text(b, item.p);
            l.title_en := item.value;
        else
            raise data_exception using message = 'not a statement of its kind';
        end if;
        p := item.p;
    end loop;
    item := registry.text(b, registry.field(b, p, 2));
    l.held_on := item.value;
    p := registry.field(b, item.p, 3);
    if not registry.is_null(b, p) then
        item := registry.text(b, p);
        l.planned_on := item.value;
    end if;
    insert into registry.pass_list select l.*;
    return null;
end $$;

-- The rows of a lookup index whose array begins at p.
create function registry.lookup_rows(b bytea, p int) returns table (number text, key bytea)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 4);
    item record;
begin
    p := h.next;
    for i in 1..h.argument loop
        if get_byte(b, p) <> 130 then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        item := registry.text(b, p + 1);
        number := item.value;
        item := registry.octets(b, item.p);
        key := item.value;
        p := item.p;
        return next;
    end loop;
end $$;

create function registry.file_lookup_index() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
    p int := (registry.head(b, s.content, 5)).next;
    item record;
    l registry.lookup_index;
begin
    l.index := new.index;
    item := registry.text(b, registry.field(b, p, 1));
    l.exam := item.value;
    item := registry.uint(b, registry.field(b, item.p, 2));
    l.revision := item.value;
    item := registry.octets(b, registry.field(b, item.p, 3));
    l.secret := item.value;
    if l.revision <> 1 + coalesce((select max(o.revision) from registry.lookup_index o where o.exam = l.exam), 0) then
        raise integrity_constraint_violation using message = 'not the next revision of its lookup index';
    end if;
    insert into registry.lookup_index select l.*;
    delete from registry.lookup_row o where o.exam = l.exam;
    insert into registry.lookup_row (exam, number, key)
    select l.exam, r.number, r.key from registry.lookup_rows(b, registry.field(b, item.p, 4)) r;
    return null;
end $$;

create function registry.file_keyring() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
    p int := (registry.head(b, s.content, 5)).next;
    item record;
begin
    item := registry.uint(b, registry.field(b, p, 1));
    if item.value <> 1 + coalesce((select max(k.version) from registry.keyring k), 0) then
        raise integrity_constraint_violation using message = 'not the next version of the keyring';
    end if;
    insert into registry.keyring (version, index) values (item.value, new.index);
    return null;
end $$;

create trigger file_certificate after insert on registry.statement
    for each row when (new.kind = 1) execute function registry.file_certificate();
create trigger file_change after insert on registry.statement
    for each row when (new.kind = 2) execute function registry.file_change();
create trigger file_pass_list after insert on registry.statement
    for each row when (new.kind = 3) execute function registry.file_pass_list();
create trigger file_lookup_index after insert on registry.statement
    for each row when (new.kind = 4) execute function registry.file_lookup_index();
create trigger file_keyring after insert on registry.statement
    for each row when (new.kind = 5) execute function registry.file_keyring();

-- migrate: rollback
