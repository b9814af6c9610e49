-- The owner empties the body of a statement that nobody believes; index, kind and hash stay
-- depends: 0006-keyrings

-- migrate: apply

create table registry.disowned (
    index bigint primary key references registry.statement,
    at timestamptz not null
);

-- That nobody believes it is for who calls this to have found out. False where its body is empty already.
create function registry.disown(index bigint) returns boolean
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
    insert into registry.disowned (index, at) values (disown.index, transaction_timestamp());
    return true;
end $$;

-- migrate: rollback
