-- Pass lists: the head of every candidate, and its rows
-- depends: 0003-certificates

-- migrate: apply

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
    issued_at bigint not null
);
create index pass_list_exam on registry.pass_list (exam, revision, index);

-- ordinal counts from 1 in the order of the list.
create table registry.list_row (
    list bigint references registry.pass_list on delete cascade,
    ordinal int,
    serial bigint not null,
    name text not null,
    id text not null,
    short bytea,
    primary key (list, ordinal)
);
create index list_row_short on registry.list_row (short, list) where short is not null;
create index list_row_name on registry.list_row (list, name collate "C");

-- The rows of a list whose array begins at p, and the place behind it.
create type registry.row_fields as (serial bigint, name text, id text, short bytea);

create function registry.list_rows(b bytea, inout p int, final boolean, out value registry.row_fields[])
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 4);
    count int := h.argument;
    stop int := octet_length(b);
    r registry.row_fields;
begin
    value := '{}';
    p := h.next;
    for i in 1..count loop
        if get_byte(b, p) <> 132 then
            raise data_exception using message = 'not a statement of its kind';
        end if;
        h := registry.head(b, p + 1, 0);
        r.serial := h.argument;
        h := registry.head(b, h.next, 3);
        p := h.next + h.argument::int;
        r.name := convert_from(substring(b from h.next + 1 for h.argument::int), 'UTF8');
        h := registry.head(b, p, 3);
        p := h.next + h.argument::int;
        r.id := convert_from(substring(b from h.next + 1 for h.argument::int), 'UTF8');
        if final then
            -- A final list names every certificate, a notice none.
            r.short := substring(b from p + 2 for 16);
            if get_byte(b, p) <> 80 or p + 17 > stop then
                raise data_exception using message = 'not a statement of its kind';
            end if;
            p := p + 17;
        else
            p := registry.field(b, p, 246);
        end if;
        value[i] := r;
    end loop;
end $$;

-- A text in Chinese and, where there is one, in English; keys are in bytewise order.
create function registry.names(b bytea, inout p int, out zh text, out en text)
language plpgsql immutable strict parallel safe as $$
declare
    h registry.head := registry.head(b, p, 5);
    item record;
begin
    p := h.next;
    if h.argument not in (1, 2) then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    if h.argument = 2 then
        item := registry.text(b, p, '^en$');
        item := registry.text(b, item.p);
        en := item.value;
        p := item.p;
    end if;
    item := registry.text(b, p, '^zh$');
    item := registry.text(b, item.p);
    zh := item.value;
    p := item.p;
end $$;

create type registry.list_fields as (
    exam text, programme text, stage text, revision bigint, objections_until bigint, contact text, public_until bigint,
    rows registry.row_fields[], title_zh text, title_en text, held_on text, planned_on text
);

create function registry.read_pass_list(b bytea, s registry.opened) returns registry.list_fields
language plpgsql immutable strict parallel safe as $$
declare
    l registry.list_fields;
    fields registry.head := registry.head(b, s.content, 5);
    item record;
    p int;
begin
    item := registry.text(b, registry.field(b, fields.next, 1),
        '^[A-Z][0-9A-Z]{1,7}-[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?$');
    l.exam := item.value;
    item := registry.text(b, registry.field(b, item.p, 2));
    l.programme := item.value;
    item := registry.text(b, registry.field(b, item.p, 3), '^(notice|final)$');
    l.stage := item.value;
    item := registry.uint(b, registry.field(b, item.p, 4));
    l.revision := item.value;
    item := registry.time_or_null(b, registry.field(b, item.p, 5));
    l.objections_until := item.value;
    item := registry.text(b, registry.field(b, item.p, 6));
    l.contact := item.value;
    item := registry.time_or_null(b, registry.field(b, item.p, 7));
    l.public_until := item.value;
    item := registry.list_rows(b, registry.field(b, item.p, 8), l.stage = 'final');
    l.rows := item.value;
    -- The exam: title, date held, date planned.
    p := registry.field(b, registry.field(b, item.p, 9), 163);
    item := registry.names(b, registry.field(b, p, 1));
    l.title_zh := item.zh;
    l.title_en := item.en;
    item := registry.text(b, registry.field(b, item.p, 2), '^[0-9]{4}-[0-9]{2}-[0-9]{2}$');
    l.held_on := item.value;
    p := registry.field(b, item.p, 3);
    if get_byte(b, p) = 246 then
        p := p + 1;
    else
        item := registry.text(b, p, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$');
        l.planned_on := item.value;
        p := item.p;
    end if;
    if l.programme <> split_part(l.exam, '-', 1) or l.revision = 0 then
        raise data_exception using message = 'not a statement of its kind';
    end if;
    perform registry.ends(s, registry.later(b, p, fields.argument - 9));
    return l;
end $$;

create function registry.file_pass_list() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    s registry.opened := registry.open(b);
    l registry.list_fields := registry.read_pass_list(b, s);
begin
    insert into registry.pass_list
    values (
        new.index, l.exam, l.programme, l.stage, l.revision, l.objections_until, l.contact, l.public_until,
        cardinality(l.rows), l.title_zh, l.title_en, l.held_on, l.planned_on, s.kid, s.iat
    );
    insert into registry.list_row (list, ordinal, serial, name, id, short)
    select new.index, r.ordinality, r.serial, r.name, r.id, r.short from unnest(l.rows) with ordinality r;
    return null;
end $$;

create trigger file_pass_list after insert on registry.statement
    for each row when (new.kind = 3) execute function registry.file_pass_list();

-- migrate: rollback
