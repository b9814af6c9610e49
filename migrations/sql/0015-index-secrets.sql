-- Which lookup secret each lookup index was made with, by its id, so that a service knows which it can ask
-- depends: 0014-size

-- migrate: apply

-- Of lookup indexes all but whom they file under what. The id is four bytes of the secret's digest (2-formats, Lookup).
create or replace view registry.index_heads as
select i.index, i.exam, i.revision, i.people, i.numbers, i.secret from registry.lookup_index i;

-- migrate: rollback
