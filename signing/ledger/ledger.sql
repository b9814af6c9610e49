-- The signing room's ledger: one SQLite file, opened by signing.ledger.ledger_file alone.
CREATE TABLE origin (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    root BLOB NOT NULL,                 -- thumbprint of the root key of the centre whose ledger this is
    begun_at INTEGER NOT NULL
) STRICT;
CREATE TABLE said (
    id INTEGER PRIMARY KEY,
    text TEXT                           -- a reason; NULL once it was forgotten
) STRICT;
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('notice', 'final', 'status', 'snapshot', 'resign')),
    release TEXT NOT NULL UNIQUE,       -- the file's name
    request BLOB NOT NULL,              -- SHA-256 of what was asked for
    recorded_at INTEGER NOT NULL,       -- the time of issue
    notes TEXT NOT NULL,                -- JSON: the lookup secret's id; ids of what was said of rows and of haste
    digest BLOB,                        -- SHA-256 of the release, once it is written
    published_at INTEGER,               -- once it is known to be in the registry
    withdrawn_at INTEGER
) STRICT;
CREATE TABLE list (
    exam TEXT NOT NULL,
    revision INTEGER NOT NULL,
    stage TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES job,
    kid BLOB NOT NULL,
    head TEXT NOT NULL,                 -- JSON: the pass list without its rows
    PRIMARY KEY (exam, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE list_row (
    exam TEXT NOT NULL,
    revision INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    name TEXT NOT NULL,                 -- as shown
    id TEXT NOT NULL,                   -- as shown
    holder TEXT NOT NULL,
    lookup_key BLOB NOT NULL,
    number TEXT REFERENCES certificate, -- NULL on a notice
    PRIMARY KEY (exam, revision, serial)
) STRICT, WITHOUT ROWID;
CREATE TABLE certificate (
    number TEXT PRIMARY KEY,
    exam TEXT NOT NULL,
    holder TEXT NOT NULL,
    id_hint TEXT NOT NULL,
    lookup_key BLOB NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER,
    kid BLOB NOT NULL,
    job INTEGER REFERENCES job,         -- NULL: given, and then not issued
    replaces TEXT REFERENCES certificate,
    statement BLOB,                     -- once it is signed and checked
    paper_date TEXT                     -- of a paper from before, the date on it
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_of_person ON certificate (exam, lookup_key);
CREATE INDEX certificate_of_job ON certificate (job);
CREATE TABLE lookup_index (
    exam TEXT NOT NULL,
    revision INTEGER NOT NULL,
    secret_id BLOB NOT NULL,
    kid BLOB NOT NULL,
    job INTEGER NOT NULL REFERENCES job,
    PRIMARY KEY (exam, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES job,
    number TEXT NOT NULL REFERENCES certificate,
    kid BLOB NOT NULL,
    action TEXT NOT NULL,
    effective_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    replacement TEXT REFERENCES certificate,
    note TEXT
) STRICT;
CREATE TABLE objection (
    id INTEGER PRIMARY KEY,
    exam TEXT NOT NULL,
    lookup_key BLOB NOT NULL,
    struck INTEGER NOT NULL,            -- 1 struck out, 0 taken in again
    row INTEGER,                        -- of the workbook, of who was struck out with it; NULL: by an objection
    said INTEGER NOT NULL REFERENCES said,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,                 -- printed, restored, rebuilt, withdrawn, …
    subject TEXT NOT NULL,              -- a number, releases, the ledger; never a person
    said INTEGER REFERENCES said
) STRICT;
PRAGMA user_version = 3;
