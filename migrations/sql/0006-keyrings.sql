-- Keyrings: which statements say that they are one, and of which version; the chain among them is for who reads them
-- depends: 0005-lookup-indexes

-- migrate: apply

create table registry.keyring (
    index bigint primary key references registry.statement,
    version bigint not null
);

create function registry.read_keyring(b bytea, s registry.opened) returns bigint
language plpgsql immutable strict parallel safe as $$
declare
    fields registry.head := registry.head(b, s.content, 5);
    item record := registry.uint(b, registry.field(b, fields.next, 1));
begin
    perform registry.read_content(b, s);
    return item.value;
end $$;

create function registry.file_keyring() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
begin
    insert into registry.keyring (index, version)
    values (new.index, registry.read_keyring(b, registry.open(b)));
    return null;
end $$;

create trigger file_keyring after insert on registry.statement
    for each row when (new.kind = 5) execute function registry.file_keyring();

-- migrate: rollback
