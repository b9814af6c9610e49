-- Snapshots: which statements say that they are one, of which moment and log size; which is believed is for who reads
-- depends: 0010-log

-- migrate: apply

create table registry.snapshot (
    index bigint primary key references registry.statement,
    taken_at bigint not null,
    log_size bigint not null
);

create function registry.read_snapshot(b bytea, s registry.opened, out taken_at bigint, out log_size bigint)
language plpgsql immutable strict parallel safe as $$
declare
    fields registry.head := registry.head(b, s.content, 5);
    item record := registry.time(b, registry.field(b, fields.next, 1));
begin
    taken_at := item.value;
    item := registry.uint(b, registry.field(b, item.p, 2));
    log_size := item.value;
    perform registry.read_content(b, s);
end $$;

create function registry.file_snapshot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    b bytea := new.bytes || ''::bytea;
    said record := registry.read_snapshot(b, registry.open(b));
begin
    insert into registry.snapshot (index, taken_at, log_size) values (new.index, said.taken_at, said.log_size);
    return null;
end $$;

insert into registry.snapshot (index, taken_at, log_size)
select s.index, r.taken_at, r.log_size
from registry.statement s, registry.read_snapshot(s.bytes, registry.open(s.bytes)) r
where s.kind = 6 and octet_length(s.bytes) > 0;

create trigger file_snapshot after insert on registry.statement
    for each row when (new.kind = 6) execute function registry.file_snapshot();

create view registry.snapshots as
select n.index, n.taken_at, n.log_size, s.digest, s.bytes
from registry.snapshot n cross join lateral (
    select s.digest, s.bytes from registry.statement s where s.index = n.index and octet_length(s.bytes) > 0 offset 0
) s;

create or replace function registry.disown(index bigint) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    lock table registry.turn in exclusive mode;
    update registry.statement s set bytes = '' where s.index = disown.index and s.bytes <> '';
    if not found then
        return false;
    end if;
    delete from registry.certificate o where o.index = disown.index;
    delete from registry.change o where o.index = disown.index;
    delete from registry.pass_list o where o.index = disown.index;
    delete from registry.lookup_index o where o.index = disown.index;
    delete from registry.keyring o where o.index = disown.index;
    delete from registry.snapshot o where o.index = disown.index;
    insert into registry.disowned (index, at) values (disown.index, transaction_timestamp());
    return true;
end $$;

revoke all on all functions in schema registry from public;
grant select on registry.snapshot, registry.snapshots to yinjian_signer;
grant select on registry.snapshots to yinjian_reader;

-- migrate: rollback
