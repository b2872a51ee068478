//! The tables of the ledger's file. A released version is never changed: a later one is reached by a step of its own.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::LedgerError;
use crate::run::refold_all;

/// One step from each version to the next; `user_version` is how many were taken. Whoever makes the fold say something else of events that were
/// already written adds a step, if only of a comment: the present is folded anew behind the last.
const STEPS: [&str; 7] = [
    "
-- A run of a month, or a list that came back.
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('run', 'received')),
    month TEXT NOT NULL,
    -- Of a run, counted from 1; of a list 0.
    revision INTEGER NOT NULL,
    -- SHA-256 of the manifest or of the file.
    digest TEXT NOT NULL,
    -- SHA-256 of what the run found, so that a run that finds the same adds nothing.
    content TEXT NOT NULL
);
CREATE UNIQUE INDEX received_once ON batches (digest) WHERE kind = 'received';
CREATE UNIQUE INDEX one_revision ON batches (month, revision) WHERE kind = 'run';

CREATE TABLE case_numbers (
    case_no TEXT PRIMARY KEY,
    household TEXT NOT NULL,
    opened TEXT NOT NULL,
    serial INTEGER NOT NULL,
    UNIQUE (household, opened),
    UNIQUE (opened, serial)
) WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batches (id),
    -- Both empty for a row that is about no case.
    household TEXT NOT NULL DEFAULT '',
    case_no TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    -- The month of the run, or of the list that is answered; then its id and the key of its row.
    month TEXT NOT NULL,
    list TEXT NOT NULL DEFAULT '',
    row_key TEXT NOT NULL DEFAULT '',
    -- Of a run's step.
    level TEXT NOT NULL DEFAULT '',
    town TEXT NOT NULL DEFAULT '',
    -- Of an answer its code, what the code does, and the state that it leaves; of a deed its code.
    code TEXT NOT NULL DEFAULT '',
    effect TEXT NOT NULL DEFAULT '',
    leaves TEXT NOT NULL DEFAULT '',
    is_finding INTEGER NOT NULL DEFAULT 0,
    -- Days since 1970-01-01: when it was done; until when it holds, or by when an answer is due.
    happened_on INTEGER,
    until INTEGER
);
CREATE INDEX events_of_household ON events (household);
CREATE INDEX events_of_batch ON events (batch);
CREATE INDEX events_of_row ON events (list, month, row_key) WHERE list <> '';

-- Why a run warned.
CREATE TABLE reasons (
    event INTEGER NOT NULL REFERENCES events (id),
    rule TEXT NOT NULL,
    level TEXT NOT NULL,
    value REAL,
    -- Numbers of the members whom it fired for, with commas between them.
    persons TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (event, rule)
) WITHOUT ROWID;

-- The other answers of a row: codes, amounts in fen, days.
CREATE TABLE event_values (
    event INTEGER NOT NULL REFERENCES events (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (event, key)
) WITHOUT ROWID;

-- What each row that came back said, so that a row that says the same again adds nothing.
CREATE TABLE returned_rows (
    batch INTEGER NOT NULL REFERENCES batches (id),
    list TEXT NOT NULL,
    month TEXT NOT NULL,
    row_key TEXT NOT NULL,
    -- SHA-256 of what is kept of it.
    content TEXT NOT NULL,
    PRIMARY KEY (list, month, row_key, batch)
) WITHOUT ROWID;

CREATE TRIGGER batches_stay BEFORE UPDATE ON batches BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER batches_last BEFORE DELETE ON batches BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER events_last BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER reasons_stay BEFORE UPDATE ON reasons BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER reasons_last BEFORE DELETE ON reasons BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER values_stay BEFORE UPDATE ON event_values BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER values_last BEFORE DELETE ON event_values BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER rows_stay BEFORE UPDATE ON returned_rows BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER rows_last BEFORE DELETE ON returned_rows BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER numbers_stay BEFORE UPDATE ON case_numbers BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER numbers_last BEFORE DELETE ON case_numbers BEGIN SELECT RAISE(ABORT, 'append only'); END;

-- What runs found in the data, in which months first and last. Made anew by them, so not among what only grows.
CREATE TABLE sightings (
    row_key TEXT PRIMARY KEY,
    first TEXT NOT NULL,
    last TEXT NOT NULL
) WITHOUT ROWID;

-- The present: the fold over the events, kept so that nobody need fold them all.
CREATE TABLE cases (
    case_no TEXT PRIMARY KEY,
    household TEXT NOT NULL,
    opened TEXT NOT NULL,
    state TEXT NOT NULL,
    level TEXT NOT NULL,
    town TEXT NOT NULL,
    last_warned TEXT NOT NULL,
    cleared TEXT NOT NULL,
    withdrawn INTEGER NOT NULL,
    due INTEGER,
    answer TEXT NOT NULL,
    effect TEXT NOT NULL,
    answer_month TEXT NOT NULL,
    answered_on INTEGER,
    answers INTEGER NOT NULL,
    included_on INTEGER,
    open_needs INTEGER NOT NULL,
    closed TEXT NOT NULL,
    -- The latest month of anything about its household.
    touched TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX cases_of_household ON cases (household);
-- All that the count of every town asks.
CREATE INDEX cases_by_town ON cases (town, state, due, withdrawn);
CREATE INDEX cases_touched ON cases (touched);
CREATE INDEX cases_standing ON cases (household) WHERE state <> 'closed';
",
    "
-- The case that took over what was left to do of it.
ALTER TABLE cases ADD COLUMN joined TEXT NOT NULL DEFAULT '';
",
    "-- What nobody answered, needs, second looks, looks that are owed and eliminations are folded otherwise. Few cases change their household's number.
CREATE INDEX events_renumbered ON events (case_no) WHERE kind = 'renumbered';
",
    "-- Answers that say nothing, and such as put off a household that was to be included, are folded otherwise.",
    "-- Answers to the list of an earlier run of a month are folded otherwise.",
    "
-- Of an answer to a month's list: which run's, where the row's tag said it.
ALTER TABLE events ADD COLUMN revision INTEGER;
",
    "
-- Whether less is worse, and what the value must reach to be more evidence.
ALTER TABLE reasons ADD COLUMN falls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reasons ADD COLUMN bound REAL;
-- Of which run's list a row that came back is.
ALTER TABLE returned_rows ADD COLUMN revision INTEGER;
-- By what a run's list is known for each case that it shows: a digest of what it shows it for.
CREATE TABLE editions (
    case_no TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES batches (id),
    digest TEXT NOT NULL,
    PRIMARY KEY (case_no, batch)
) WITHOUT ROWID;
CREATE TRIGGER editions_stay BEFORE UPDATE ON editions BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER editions_last BEFORE DELETE ON editions BEGIN SELECT RAISE(ABORT, 'append only'); END;
",
];

/// Brings a file to the version of this program.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let known = STEPS.len() as u32;
    loop {
        let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > known {
            return Err(LedgerError::Newer { found, known });
        }
        if found == known {
            return Ok(());
        }
        // Two programs may open an older file at once: whoever has the lock looks again.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let Some(step) = STEPS.get(found as usize) else { continue };
        transaction.execute_batch(step)?;
        // An older program folded otherwise.
        if found + 1 == known {
            refold_all(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}
