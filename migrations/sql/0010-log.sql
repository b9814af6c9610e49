-- The transparency log: tiles, from the statements alone, and checkpoints, which are signed elsewhere (C2SP tlog-tiles)
-- depends: 0009-rights

-- migrate: apply

-- The hash over 16 hashes that stand one behind the other (RFC 6962 section 2.1), or over 1, 2, 4 or 8 of them.
create function registry.hash_over(hashes bytea) returns bytea
language plpgsql immutable strict parallel safe as $$
begin
    while octet_length(hashes) > 32 loop
        hashes := (
            select string_agg(sha256('\x01'::bytea || substring(hashes from i * 64 + 1 for 64)), ''::bytea order by i)
            from generate_series(0, octet_length(hashes) / 64 - 1) i
        );
    end loop;
    return hashes;
end $$;

-- The tree's hashes, of every fourth height from that of the entries on, 16 in a row; the hash over a full row is the
-- next of the row above. Nobody but the functions below writes here: whoever may add a statement adds its hash with it,
-- and nothing else. Of an entry, its row and the one above are what proves it of its tile; a row stays in its page,
-- where a whole tile would be kept aside and sought there.
create table registry.branch (
    height smallint check (height between 0 and 15),
    index bigint check (index >= 0),
    hashes bytea not null check (octet_length(hashes) between 32 and 512 and octet_length(hashes) % 32 = 0),
    primary key (height, index)
);
-- Hashes do not compress.
alter table registry.branch alter column hashes set storage external;

-- How many hashes there are of this height.
create function registry.branch_count(at int) returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select b.index * 16 + octet_length(b.hashes) / 32 from registry.branch b
        where b.height = at order by b.index desc limit 1
    ), 0)
$$;

-- A tile of the log (C2SP tlog-tiles) as far as it is full: a narrower one, of an earlier size, is its beginning.
create function registry.tile(level int, index bigint) returns bytea
language sql stable set search_path = pg_catalog, pg_temp as $$
    select string_agg(b.hashes, ''::bytea order by b.index) from registry.branch b
    where b.height = $1 * 2 and b.index between $2 * 16 and $2 * 16 + 15
$$;

-- Of one height: these hashes come behind those that it has.
create function registry.grow_branches(at int, added bytea[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    there bigint := registry.branch_count(at);
    above bytea[];
begin
    with parts as (
        select (there + r.ordinality - 1) / 16 as index, string_agg(r.hash, ''::bytea order by r.ordinality) as hashes
        from unnest(added) with ordinality r (hash, ordinality)
        group by 1
    ), grown as (
        insert into registry.branch as b (height, index, hashes) select at, p.index, p.hashes from parts p
        on conflict (height, index) do update set hashes = b.hashes || excluded.hashes
        returning b.index, b.hashes
    )
    select array_agg(registry.hash_over(g.hashes) order by g.index) into above
    from grown g where octet_length(g.hashes) = 512;
    if above is not null then
        perform registry.grow_branches(at + 1, above);
    end if;
end $$;

-- Logs every statement that is not logged yet: the hash of its entry, which is its kind and its SHA-256.
create function registry.log_statements() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    logged bigint := registry.branch_count(0);
    leaves bytea[] := array(
        select sha256(set_byte('\x0000'::bytea, 1, s.kind) || s.digest)
        from registry.statement s where s.index >= logged order by s.index
    );
begin
    if leaves <> '{}' then
        perform registry.grow_branches(0, leaves);
    end if;
end $$;

create function registry.log_new() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform registry.log_statements();
    return null;
end $$;

create trigger log_new after insert on registry.statement
    for each statement execute function registry.log_new();

-- The root of the tree as it was when it had this many entries; null where it never had.
create function registry.log_root(size bigint) returns bytea
language plpgsql stable strict set search_path = pg_catalog, pg_temp as $$
declare
    hashes bytea;
    root bytea;
    wide int;
    bit int;
    subtree bytea;
begin
    if size = 0 then
        return sha256('');
    end if;
    for at in 0..15 loop
        wide := (size >> 4 * at) % 16;
        continue when wide = 0;
        select b.hashes into hashes from registry.branch b where b.height = at and b.index = size >> 4 * at + 4;
        if hashes is null or octet_length(hashes) < wide * 32 then
            return null;
        end if;
        while wide > 0 loop
            bit := wide & -wide;
            wide := wide - bit;
            subtree := registry.hash_over(substring(hashes from wide * 32 + 1 for bit * 32));
            root := case when root is null then subtree else sha256('\x01'::bytea || subtree || root) end;
        end loop;
    end loop;
    return root;
end $$;

-- Checkpoints are no projection: the log key, which no database has, signed each. note is what it signed, receipt the
-- same key's signature on the root for COSE Receipts, cosignatures lines that others signed. Who is believed is for who
-- reads them to find out; one that is not believed hides none.
create table registry.checkpoint (
    place bigint generated by default as identity primary key,
    size bigint not null,
    root bytea not null,
    note text not null check (octet_length(note) <= 4096),
    kid bytea not null check (octet_length(kid) = 4),
    receipt bytea not null check (octet_length(receipt) = 64),
    cosignatures text not null default '' check (octet_length(cosignatures) <= 65536),
    filed_at timestamptz not null
);
create index checkpoint_size on registry.checkpoint (size, place);

-- A checkpoint is of the tree that is there, whole, and says so.
create function registry.take_checkpoint() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    said text[] := string_to_array(new.note, E'\n');
begin
    if new.size is distinct from coalesce((select max(s.index) + 1 from registry.statement s), 0) then
        raise integrity_constraint_violation using message = 'not a checkpoint of the whole log';
    end if;
    new.root := registry.log_root(new.size);
    if said[2] is distinct from new.size::text or said[3] is distinct from encode(new.root, 'base64') then
        raise integrity_constraint_violation using message = 'a checkpoint of another tree';
    end if;
    new.filed_at := transaction_timestamp();
    return new;
end $$;

create trigger hold_the_log before insert on registry.checkpoint
    for each statement execute function registry.hold_the_log();
create trigger take_checkpoint before insert on registry.checkpoint
    for each row execute function registry.take_checkpoint();

-- Given back after a restore: a statement whose body the owner had emptied before the log's file got it. As the owner.
create function registry.give_back_disowned(kind int, digest bytea) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    place bigint;
begin
    lock table registry.turn in exclusive mode;
    place := coalesce((select max(s.index) + 1 from registry.statement s), 0);
    alter table registry.statement disable trigger user;
    insert into registry.statement (index, kind, digest, kid, bytes, published_at)
    values (place, give_back_disowned.kind, give_back_disowned.digest, '', '', transaction_timestamp());
    alter table registry.statement enable trigger user;
    perform registry.log_statements();
    insert into registry.disowned (index, at) values (place, transaction_timestamp());
    return place;
end $$;

create view registry.checkpoints as
select c.place, c.size, c.note || c.cosignatures as note, c.kid, c.receipt from registry.checkpoint c;

create view registry.entries as
select s.index, s.kind, s.digest from registry.statement s;

revoke all on all functions in schema registry from public;
grant select on registry.branch, registry.checkpoint, registry.checkpoints, registry.entries to yinjian_signer;
grant insert (size, note, kid, receipt) on registry.checkpoint to yinjian_signer;
grant execute on function registry.tile(int, bigint) to yinjian_signer, yinjian_reader;
grant execute on function registry.log_root(bigint), registry.hash_over(bytea) to yinjian_signer;
grant select on registry.branch, registry.checkpoints, registry.entries to yinjian_reader;

-- What was published before there was a log.
select registry.log_statements();

-- migrate: rollback
