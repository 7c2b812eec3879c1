-- The read model: what the terminal, the command line and the web show. Rebuilt whenever this text changes.

CREATE VIEW message_list AS
SELECT messages.id AS id,
       messages.received_at AS received_at,
       messages.direction AS direction,
       messages.class AS class,
       messages.outcome AS outcome,
       messages.reasons AS reasons,
       messages.sender AS sender,
       messages.recipients AS recipients,
       messages.subject AS subject,
       messages.preview AS preview,
       messages.attachments AS attachments,
       messages.size AS size,
       messages.message_id AS message_id,
       messages.matter_id AS matter_id,
       messages.contact_id AS contact_id,
       contacts.name AS contact,
       organisations.name AS organisation
FROM messages
LEFT JOIN contacts ON contacts.id = messages.contact_id
LEFT JOIN organisations ON organisations.id = contacts.organisation_id
WHERE messages.erased_at IS NULL;

CREATE VIEW owed AS
SELECT promises.id AS promise_id,
       promises.state AS state,
       promises.received_at AS received_at,
       promises.due_at AS due_at,
       promises.told_due_at AS told_due_at,
       promises.told_at AS told_at,
       promises.chasers + 1 AS asked,
       promises.snoozed_until AS snoozed_until,
       promises.warned_at AS warned_at,
       promises.unlikely AS unlikely,
       promises.matter_id AS matter_id,
       promises.message_id AS message_id,
       promises.contact_id AS contact_id,
       COALESCE(contacts.name, messages.sender) AS contact,
       messages.sender AS sender,
       organisations.name AS organisation,
       COALESCE(contacts.plan, organisations.plan) AS plan,
       contacts.known_since IS NULL AS stranger,
       messages.subject AS subject,
       messages.preview AS preview,
       messages.outcome AS outcome,
       messages.reasons AS reasons,
       messages.class AS class,
       (SELECT outbox.state FROM outbox
        WHERE outbox.matter_id = promises.matter_id AND outbox.promise_id = promises.id AND outbox.kind = 'auto'
        ORDER BY outbox.id DESC LIMIT 1) AS acknowledgement
FROM promises
JOIN messages ON messages.id = promises.message_id
LEFT JOIN contacts ON contacts.id = promises.contact_id
LEFT JOIN organisations ON organisations.id = contacts.organisation_id
WHERE promises.state IN ('open', 'extended', 'broken');

CREATE VIEW promise_list AS
SELECT promises.id AS id,
       promises.state AS state,
       promises.received_at AS received_at,
       promises.due_at AS due_at,
       promises.told_due_at AS told_due_at,
       promises.ended_at AS ended_at,
       promises.ended_how AS ended_how,
       promises.chasers + 1 AS asked,
       promises.extensions AS extensions,
       promises.matter_id AS matter_id,
       promises.message_id AS message_id,
       promises.contact_id AS contact_id,
       contacts.name AS contact,
       organisations.name AS organisation,
       matters.subject AS subject
FROM promises
JOIN matters ON matters.id = promises.matter_id
LEFT JOIN contacts ON contacts.id = promises.contact_id
LEFT JOIN organisations ON organisations.id = contacts.organisation_id
WHERE promises.ended_how IS NOT 'taken back';

CREATE VIEW promise_record AS
SELECT promises.id AS id,
       promises.message_id AS message_id,
       promises.received_at AS received_at,
       promises.state AS state,
       promises.due_at AS due_at,
       promises.ended_at AS ended_at,
       promises.ended_how AS ended_how,
       promises.extensions AS extensions,
       EXISTS (SELECT 1 FROM promise_events
               WHERE promise_events.promise_id = promises.id AND promise_events.event = 'due-passed'
                 AND NOT EXISTS (SELECT 1 FROM promise_events AS later
                                 WHERE later.promise_id = promises.id AND later.event = 'not-due'
                                   AND later.id > promise_events.id)
                 -- an answer that was read after its promise was found broken may have been in time
                 AND (promises.ended_at IS NULL OR promises.ended_at > promise_events.at
                      OR promises.state = 'kept_late')) AS was_broken,
       (SELECT JSON_EXTRACT(promise_events.detail, '$.due_at') FROM promise_events
        WHERE promise_events.promise_id = promises.id AND promise_events.event = 'told'
        ORDER BY promise_events.id LIMIT 1) AS first_told_due_at,
       promises.contact_id AS contact_id,
       COALESCE(contacts.name, messages.sender) AS contact,
       organisations.name AS organisation,
       COALESCE(contacts.plan, organisations.plan) AS plan
FROM promises
JOIN messages ON messages.id = promises.message_id
LEFT JOIN contacts ON contacts.id = promises.contact_id
LEFT JOIN organisations ON organisations.id = contacts.organisation_id
WHERE promises.ended_how IS NOT 'taken back';

CREATE VIEW matter_list AS
SELECT matters.id AS id,
       matters.subject AS subject,
       matters.turn AS turn,
       matters.opened_at AS opened_at,
       matters.last_at AS last_at,
       matters.contact_id AS contact_id,
       contacts.name AS contact,
       organisations.name AS organisation,
       (SELECT COUNT(*) FROM messages WHERE messages.matter_id = matters.id) AS messages
FROM matters
LEFT JOIN contacts ON contacts.id = matters.contact_id
LEFT JOIN organisations ON organisations.id = COALESCE(matters.organisation_id, contacts.organisation_id)
WHERE matters.merged_into IS NULL AND matters.erased_at IS NULL;

CREATE VIEW contact_list AS
SELECT contacts.id AS id,
       contacts.name AS name,
       organisations.name AS organisation,
       contacts.organisation_id AS organisation_id,
       (SELECT GROUP_CONCAT(addresses.spec, ', ') FROM addresses WHERE addresses.contact_id = contacts.id) AS addresses,
       COALESCE(contacts.plan, organisations.plan) AS plan,
       contacts.plan AS own_plan,
       contacts.policy AS policy,
       contacts.language AS language,
       contacts.timezone AS timezone,
       contacts.form AS form,
       contacts.known_since AS known_since,
       contacts.known_because AS known_because,
       contacts.away_until AS away_until,
       (SELECT MAX(addresses.undeliverable_at) FROM addresses
        WHERE addresses.contact_id = contacts.id) AS undeliverable_at,
       (SELECT MAX(messages.received_at) FROM messages
        WHERE messages.contact_id = contacts.id AND messages.class <> 'machine') AS last_at,
       (SELECT COUNT(*) FROM messages WHERE messages.contact_id = contacts.id) AS messages,
       (SELECT COUNT(*) FROM promises
        WHERE promises.contact_id = contacts.id AND promises.state IN ('open', 'extended', 'broken')) AS owed
FROM contacts
LEFT JOIN organisations ON organisations.id = contacts.organisation_id
WHERE contacts.merged_into IS NULL;

CREATE VIEW outbox_list AS
SELECT outbox.id AS id,
       outbox.kind AS kind,
       outbox.state AS state,
       outbox.template AS template,
       outbox.recipient AS recipient,
       outbox.subject AS subject,
       outbox.text AS text,
       outbox.due_at AS due_at,
       outbox.created_at AS created_at,
       outbox.send_after AS send_after,
       outbox.expires_at AS expires_at,
       outbox.ended_at AS ended_at,
       outbox.attempts AS attempts,
       outbox.reply AS reply,
       outbox.message_id AS message_id,
       outbox.matter_id AS matter_id,
       outbox.promise_id AS promise_id,
       messages.contact_id AS contact_id,
       contacts.name AS contact
FROM outbox
LEFT JOIN messages ON messages.id = outbox.message_id
LEFT JOIN contacts ON contacts.id = messages.contact_id;

CREATE VIEW mailbox_list AS
SELECT mailboxes.name AS name,
       mailboxes.state AS state,
       mailboxes.cause AS cause,
       mailboxes.last_checked_at AS last_checked_at,
       mailboxes.last_mail_at AS last_mail_at,
       mailboxes.next_attempt_at AS next_attempt_at,
       mailboxes.backlog AS backlog,
       (SELECT COUNT(DISTINCT locations.message_id) FROM locations
        JOIN folders ON folders.id = locations.folder_id
        WHERE folders.mailbox_id = mailboxes.id) AS messages,
       (SELECT COUNT(*) FROM quarantine
        JOIN folders ON folders.id = quarantine.folder_id
        WHERE folders.mailbox_id = mailboxes.id) AS quarantined,
       (SELECT MAX((SELECT messages.received_at
                    FROM locations
                    JOIN messages ON messages.id = locations.message_id
                    WHERE locations.folder_id = folders.id AND locations.uid_validity = folders.uid_validity
                      AND locations.uid >= folders.backfill_below
                    ORDER BY locations.uid LIMIT 1)) FROM folders
        WHERE folders.mailbox_id = mailboxes.id AND folders.backfill_below IS NOT NULL
          AND folders.backfill_below < folders.baseline) AS read_back_at,
       (SELECT COUNT(*) FROM listings
        JOIN folders ON folders.id = listings.folder_id
        WHERE folders.mailbox_id = mailboxes.id) AS listed,
       (SELECT COALESCE(MIN(folders.listed_below IS 1), 0) FROM folders
        WHERE folders.mailbox_id = mailboxes.id AND folders.backfill_below IS NOT NULL) AS listed_whole
FROM mailboxes;

CREATE VIEW listing_shown AS
SELECT listings.*
FROM listings
WHERE NOT EXISTS (SELECT 1 FROM messages
                  WHERE messages.message_id = listings.message_id AND messages.sender_key IS listings.sender_key)
  AND NOT EXISTS (SELECT 1 FROM listings AS others
                  WHERE others.message_id = listings.message_id AND others.sender_key IS listings.sender_key
                    AND others.id < listings.id);

CREATE VIEW listing_list AS
SELECT listings.id AS id,
       listings.received_at AS received_at,
       listings.sender AS sender,
       listings.recipients AS recipients,
       listings.subject AS subject,
       listings.size AS size,
       listings.message_id AS message_id,
       folders.name AS folder,
       mailboxes.name AS mailbox,
       listings.wanted_at AS wanted_at
FROM listing_shown AS listings
JOIN folders ON folders.id = listings.folder_id
JOIN mailboxes ON mailboxes.id = folders.mailbox_id;

CREATE VIEW search_source AS
SELECT messages.id AS id, subject, sender, recipients, letters.text AS text
FROM messages
JOIN letters ON letters.message_id = messages.id;

CREATE VIEW question_list AS
SELECT questions.id AS id,
       questions.kind AS kind,
       questions.because AS because,
       questions.asked_at AS asked_at,
       questions.message_id AS message_id,
       questions.promise_id AS promise_id,
       messages.matter_id AS matter_id,
       matters.contact_id AS contact_id,
       COALESCE(contacts.name, messages.sender) AS contact,
       organisations.name AS organisation,
       messages.subject AS subject
FROM questions
JOIN messages ON messages.id = questions.message_id
LEFT JOIN promises ON promises.id = questions.promise_id
LEFT JOIN matters ON matters.id = messages.matter_id
LEFT JOIN contacts ON contacts.id = matters.contact_id
LEFT JOIN organisations ON organisations.id = COALESCE(matters.organisation_id, contacts.organisation_id)
WHERE questions.answered_at IS NULL
  AND (questions.promise_id IS NULL OR promises.state IN ('open', 'extended', 'broken'));

CREATE VIEW follow_up_list AS
SELECT follow_ups.matter_id AS matter_id,
       messages.id AS message_id,
       matters.contact_id AS contact_id,
       COALESCE(contacts.name, organisations.name, IIF(messages.direction = 'in', messages.sender, messages.recipients))
         AS contact,
       organisations.name AS organisation,
       matters.subject AS subject,
       matters.turn AS turn,
       follow_ups.since_at AS since_at,
       follow_ups.due_at AS due_at,
       follow_ups.because AS because,
       follow_ups.by_hand AS by_hand
FROM follow_ups
JOIN matters ON matters.id = follow_ups.matter_id
JOIN messages ON messages.id = (SELECT last.id FROM messages AS last
                                WHERE last.matter_id = follow_ups.matter_id AND last.class <> 'machine'
                                ORDER BY last.received_at DESC LIMIT 1)
LEFT JOIN contacts ON contacts.id = matters.contact_id
LEFT JOIN organisations ON organisations.id = COALESCE(matters.organisation_id, contacts.organisation_id)
WHERE follow_ups.ended_at IS NULL;

CREATE VIEW commitment_list AS
SELECT commitments.id AS id,
       commitments.state AS state,
       commitments.side AS side,
       commitments.kind AS kind,
       commitments.quote AS quote,
       commitments.detail AS detail,
       commitments.said_at AS said_at,
       commitments.due_on AS due_on,
       commitments.ended_at AS ended_at,
       commitments.ended_how AS ended_how,
       commitments.evidence_id AS evidence_id,
       commitments.message_id AS message_id,
       commitments.matter_id AS matter_id,
       commitments.contact_id AS contact_id,
       contacts.name AS contact,
       COALESCE(contacts.organisation_id, matters.organisation_id) AS organisation_id,
       organisations.name AS organisation
FROM commitments
LEFT JOIN contacts ON contacts.id = commitments.contact_id
LEFT JOIN matters ON matters.id = commitments.matter_id
LEFT JOIN organisations ON organisations.id = COALESCE(contacts.organisation_id, matters.organisation_id);

CREATE VIEW fact_list AS
SELECT facts.id AS id,
       facts.contact_id AS contact_id,
       contacts.name AS contact,
       facts.text AS text,
       facts.quote AS quote,
       facts.said_at AS said_at,
       facts.noted_at AS noted_at,
       facts.confirmed_at AS confirmed_at,
       facts.message_id AS message_id
FROM facts
JOIN contacts ON contacts.id = facts.contact_id
WHERE facts.dropped_at IS NULL;

CREATE VIEW occasion_list AS
SELECT occasions.id AS id,
       occasions.contact_id AS contact_id,
       contacts.name AS contact,
       occasions.kind AS kind,
       occasions.month AS month,
       occasions.day AS day,
       occasions.year AS year,
       occasions.leap_day AS leap_day,
       occasions.note AS note,
       occasions.source AS source,
       (SELECT MAX(greetings.year) FROM greetings WHERE greetings.occasion_id = occasions.id) AS greeted_in
FROM occasions
JOIN contacts ON contacts.id = occasions.contact_id
WHERE occasions.dropped_at IS NULL;

CREATE VIEW told_occasion_list AS
SELECT told_occasions.id AS id,
       told_occasions.state AS state,
       told_occasions.contact_id AS contact_id,
       contacts.name AS contact,
       told_occasions.kind AS kind,
       told_occasions.month AS month,
       told_occasions.day AS day,
       told_occasions.year AS year,
       told_occasions.quote AS quote,
       told_occasions.source AS source,
       told_occasions.told_at AS told_at,
       told_occasions.message_id AS message_id
FROM told_occasions
JOIN contacts ON contacts.id = told_occasions.contact_id;

CREATE VIEW interaction_list AS
SELECT interactions.id AS id,
       interactions.contact_id AS contact_id,
       contacts.name AS contact,
       interactions.channel AS channel,
       interactions.from_owner AS from_owner,
       interactions.at AS at,
       interactions.note AS note,
       interactions.message_id AS message_id
FROM interactions
JOIN contacts ON contacts.id = interactions.contact_id;


CREATE VIEW rhythm_list AS
SELECT rhythms.contact_id AS contact_id,
       contacts.name AS contact,
       organisations.name AS organisation,
       rhythms.measured_at AS measured_at,
       rhythms.last_at AS last_at,
       rhythms.touches AS touches,
       rhythms.typical_days AS typical_days,
       rhythms.silent_days AS silent_days,
       rhythms.chance AS chance,
       rhythms.bound_days AS bound_days,
       rhythms.silence AS silence,
       rhythms.spared AS spared,
       rhythms.broken_at AS broken_at,
       rhythms.seen_last_at AS seen_last_at,
       rhythms.told_from_days AS told_from_days
FROM rhythms
JOIN contacts ON contacts.id = rhythms.contact_id
LEFT JOIN organisations ON organisations.id = contacts.organisation_id;

CREATE VIEW touch_list AS
SELECT touches.id AS id,
       touches.contact_id AS contact_id,
       contacts.name AS contact,
       touches.at AS at,
       touches.kind AS kind,
       touches.because AS because,
       touches.corrected_at AS corrected_at,
       touches.message_id AS message_id,
       touches.interaction_id AS interaction_id,
       messages.subject AS subject
FROM touches
JOIN contacts ON contacts.id = touches.contact_id
LEFT JOIN messages ON messages.id = touches.message_id;

CREATE VIEW social_list AS
SELECT social_notices.message_id AS message_id,
       social_notices.network AS network,
       social_notices.what AS what,
       social_notices.who AS who,
       social_notices.profile AS profile,
       social_notices.at AS at,
       social_notices.due_at AS due_at,
       social_notices.contact_id AS contact_id,
       contacts.name AS contact
FROM social_notices
LEFT JOIN contacts ON contacts.id = social_notices.contact_id
WHERE social_notices.closed_at IS NULL;
