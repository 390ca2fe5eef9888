-- Version 1. The tenant leads every key, so that rows of one tenant can live on one machine of many.
-- Tables of things (postgres_schema.py) are all of one shape: tenant, id, parent, version, document.
CREATE SCHEMA IF NOT EXISTS entrepot;
CREATE SEQUENCE entrepot.ids START 100001;
CREATE SEQUENCE entrepot.nodes; -- a number for each opening: which rows of the totals are its own
CREATE TABLE entrepot.meta (name text PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE entrepot.claim (
    tenant bigint NOT NULL,
    hash bytea NOT NULL, -- 128 bits of BLAKE2b over rule and value
    holder bigint NOT NULL,
    PRIMARY KEY (tenant, hash)
);
CREATE TABLE entrepot.label ( -- what products are found by: their names and their tags
    tenant bigint NOT NULL,
    name bytea NOT NULL, -- 128 bits of BLAKE2b: no length, character or collation to mind
    value bytea NOT NULL,
    product bigint NOT NULL,
    PRIMARY KEY (tenant, name, value, product)
);
CREATE TABLE entrepot.total (
    tenant bigint NOT NULL,
    kind text NOT NULL,
    parent bigint NOT NULL,
    shard smallint NOT NULL, -- each node adds in a row of its own; a total is the sum
    n bigint NOT NULL,
    PRIMARY KEY (tenant, kind, parent, shard)
) WITH (fillfactor = 50);
CREATE TABLE entrepot.block ( -- how many there are among ids that begin alike: the way to a deep page
    tenant bigint NOT NULL,
    kind text NOT NULL,
    parent bigint NOT NULL,
    block bigint NOT NULL,
    shard smallint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (tenant, kind, parent, block, shard)
) WITH (fillfactor = 50);
CREATE TABLE entrepot.audit (
    tenant bigint NOT NULL,
    thing bigint NOT NULL,
    revision bigint NOT NULL,
    document bytea NOT NULL,
    PRIMARY KEY (tenant, thing, revision)
);
ALTER TABLE entrepot.audit ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE TABLE entrepot.rate ( -- the calls of the last second, by tenant and operation
    tenant bigint NOT NULL,
    name text NOT NULL,
    calls bytea NOT NULL,
    PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50);
CREATE TABLE entrepot.nonce ( -- what must not be used again, hashed: no tenant is known yet
    mark bytea PRIMARY KEY,
    ends bigint NOT NULL -- ms since 1970
);
CREATE INDEX nonce_ends ON entrepot.nonce (ends);
