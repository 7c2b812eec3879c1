"""Defences against the faults of docs/faults.md, how to take each away, and the test that must notice."""

from __future__ import annotations

from dataclasses import replace

from bench.sabotage.table import GATE, TABLE, Defence, _defence

WIRE, BODIES, WATCHER = "inboxcrm/imap/wire.py", "inboxcrm/imap/bodies.py", "inboxcrm/imap/watcher.py"
SYNC, DECISIONS, ERRORS = "inboxcrm/imap/sync.py", "inboxcrm/imap/decisions.py", "inboxcrm/imap/errors.py"
SPOOL = "inboxcrm/spool.py"
RETRIES, DELIVER, TRANSPORT = "inboxcrm/imap/retries.py", "inboxcrm/service/deliver.py", "inboxcrm/smtp/transport.py"
LEAVING, UNFILED = "inboxcrm/service/leaving.py", "inboxcrm/service/unfiled.py"
ROUNDS, RESTING = "inboxcrm/imap/rounds.py", "inboxcrm/imap/resting.py"
T = "tests/imap/test_"
LIES = T + "lies.py::test_"
ROUNDS_MET = T + "rounds.py::test_whatever_a_look_meets_nothing_is_lost"
WIRE_MET = "tests/faults/test_wire.py::test_a_wire_that_breaks_costs_nothing"
SERVER_MET = "tests/faults/test_server.py::test_a_server_that_fails_costs_nothing"
SENDING = "tests/faults/test_sending.py::test_a_submission_server_that_fails_gets_no_mail_twice"
LOOPS, FAULTY = "tests/whole/test_loops.py::", "tests/faults/test_machine.py::"
LANES = "tests/service/test_lanes.py::test_"

ONCE = (
    ("inboxcrm/domain/plan.py", "if isinstance(promise, Chased):", "if False:"),
    (
        "inboxcrm/domain/safety/limits.py",
        "if applies and count >= cap:\n            return Dropped",
        "if False:\n            return Dropped",
    ),
)
"""What keeps a contact from more than one automatic mail, whoever writes."""

OF_A_HOME = (
    '("C1", machine.null_return_path)', '("C3", machine.auto_submitted)', '("C5", machine.own_kind)',
    '("C6", machine.thread_already_acked)', '("C9", machine.auto_response_suppress)',
    '("C14", letter.automatic_letter)',
)  # fmt: skip
"""The rows that one of our mails meets."""

HOSTILE_TOO = {33: (2,), 35: (27, 29), 36: (24, 30), 41: (13,), 46: (25,)}
"""Faults that the same defences meet as these rows of docs/hostile-inputs.md."""

FAULTS: tuple[Defence, ...] = (
    _defence(
        1,
        "a connection that was lost is opened anew",
        T + "watcher.py::test_an_interruption_costs_nothing",
        (WATCHER, "pause = account.failed(error, account.failures).seconds\n", "raise\n"),
    ),
    _defence(
        2,
        "the end of the stream is an error",
        T + "idle.py::test_the_end_of_the_stream_in_idle_is_an_error_and_no_endless_loop",
        (WIRE, 'raise ConnectionLostError("the server closed the connection")', "return b''"),
    ),
    _defence(
        3,
        "BYE is heard, with its reason",
        T + "connection.py::test_bye_says_why",
        ("inboxcrm/imap/dialogue.py", 'if response.name == "BYE":', "if False:"),
    ),
    _defence(
        4,
        "the pauses grow no further than five minutes",
        T + "decisions.py::test_when_to_try_again",
        (RETRIES, "_CAP = 300.0", "_CAP = 3000.0"),
    ),
    _defence(
        5,
        "DONE must be answered within a deadline",
        T + "idle.py::test_a_server_that_never_answers_done_is_dead_within_the_deadline",
        (
            "inboxcrm/imap/exchange.py",
            'raise CommandTimeoutError("the answer was not finished in time") from None',
            "return",
        ),
    ),
    _defence(
        5,
        "a look must be answered within a deadline",
        ROUNDS_MET + "[qresync-STATUS-silence]",
        (RESTING, 'self._fail(CommandTimeoutError("the answer was not finished in time"))', "return"),
    ),
    _defence(
        6,
        "a FETCH has a deadline",
        WIRE_MET + "[6 silence inside a FETCH]",
        (
            WIRE,
            "        self._select(event, remaining)\n        self._waker.heed()\n",
            "        self._select(event, None)\n        self._waker.heed()\n",
        ),
    ),
    _defence(
        7,
        "a deadline is of the whole command",
        T + "connection.py::test_a_dripping_server_is_cut_off_by_the_deadline_of_the_whole_command",
        (WIRE, "if self.deadline is not None and time.monotonic() >= self.deadline:", "if self.allow(2.0):"),
    ),
    _defence(
        8,
        "what is said has a deadline too",
        WIRE_MET + "[8 what we say goes nowhere]",
        (RESTING, 'self._fail(CommandTimeoutError("the answer was not finished in time"))', "return"),
    ),
    _defence(
        9,
        "a reset is a lost connection wherever it comes",
        WIRE_MET + "[9 reset inside a literal]",
        (WIRE, 'raise ConnectionLostError(f"nothing comes from the server: {in_words(error)}") from error', "raise"),
    ),
    _defence(
        10,
        "the pieces that came are kept",
        T + "large_mail.py::test_a_connection_that_ends_between_pieces_costs_one_piece",
        (BODIES, "half = self._doubts.halves.get(uid)\n", "half = None\n"),
    ),
    _defence(
        10,
        "and by the next process",
        T + "large_mail.py::test_a_large_mail_goes_on_where_the_last_process_ended",
        (SPOOL, "        if path.exists():\n            self._go_on()\n", ""),
    ),
    _defence(
        10,
        "as far as their digests say that they are whole",
        "tests/test_spool.py::test_what_a_power_cut_left_unwritten_is_cut_off",
        (SPOOL, "if longer.hexdigest() != digest:", "if False:"),
    ),
    _defence(
        11,
        "a mail over which the connection died thrice is passed over",
        T + "sync.py::test_a_message_that_kills_the_connection_is_passed_over_the_third_time",
        (BODIES, "            self._doubts.strike(group)\n", "            pass\n"),
    ),
    _defence(
        12,
        "a huge literal is refused before it is read",
        T + "connection.py::test_a_huge_literal_is_refused_before_it_is_read",
        (WIRE, "        if size > self._max_literal:\n            raise", "        if False:\n            raise"),
    ),
    _defence(
        13,
        "a line is read to its end",
        T + "connection.py::test_what_happens_in_one_byte_segments_is_the_same",
        (
            WIRE,
            'while (end := self._buffer.find(b"\\n", self._start + scanned)) < 0:\n',
            'if (end := self._buffer.find(b"\\n", self._start + scanned)) < 0:\n',
        ),
    ),
    _defence(
        14,
        "what came with the continuation is heard",
        T + "idle.py::test_news_glued_to_the_continuation_is_reported_at_once",
        (
            "inboxcrm/imap/exchange.py",
            "while self._failure is None and self._dialogue.wire.has_response():",
            "if self._failure is None and self._dialogue.wire.has_response():",
        ),
    ),
    _defence(
        15,
        "a server that refuses IDLE is polled",
        T + "watcher.py::test_a_server_that_refuses_idle_is_polled_over_the_same_connection",
        (WATCHER, "self._clock.monotonic() + account.timing.idle_again", "0.0"),
    ),
    _defence(
        15,
        "an IDLE that is refused for want of an open folder is no refusal of IDLE",
        T + "rounds.py::test_an_idle_that_is_refused_for_want_of_an_open_folder_is_tried_again",
        (RESTING, "            self.over = True  # no folder is open: that is why", "            raise"),
    ),
    _defence(
        15,
        "a server that loses what comes with DONE is asked after it",
        T + "rounds.py::test_a_server_that_loses_what_comes_with_done_is_asked_after_it_from_then_on",
        (ROUNDS, "            self._account.reads_on = False\n", "            pass\n"),
    ),
    _defence(
        16,
        "a silent server is looked at by the clock",
        T + "watcher.py::test_a_server_that_never_announces_is_polled",
        (ROUNDS, "if self.inbox_at <= latest and self._inbox.possible and not self.stale:", "if False:"),
    ),
    _defence(
        16,
        "what a look found is not as it was",
        T + "watcher.py::test_a_server_that_never_announces_is_polled",
        (DECISIONS, "        and opened.uid_next == stored.uid_next\n        and opened.exists == exists\n", ""),
        (DECISIONS, "and changes(stored, opened, told=True) is Changes.NONE", ""),
        (DECISIONS, "and not (opened.vanished or opened.changed)", ""),
    ),
    _defence(
        16,
        "an answer is passed over only where every octet but a comment's is that of last time",
        T + "refrain.py::test_nothing_of_another_answer_is_passed_over[another count]",
        (WIRE, "if not octets.startswith(piece, at):", "if False:"),
    ),
    _defence(
        16,
        "what may be an alert is never taken for a comment",
        T + "refrain.py::test_nothing_of_another_answer_is_passed_over[an alert for a comment]",
        (WIRE, 'if octets.find(b"[", at, len(octets) if end < 0 else end) >= 0:', "if False:"),
    ),
    _defence(
        16,
        "an answer is passed over only while it would tell nothing new",
        T + "refrain.py::test_what_a_question_cannot_vouch_for_is_not_known",
        ("inboxcrm/imap/refrain.py", "if question.before is None:", "if False:"),
    ),
    _defence(
        17,
        "what is in use now is asked for again after a while",
        T + "decisions.py::test_when_to_try_again",
        (RETRIES, "return Pause(30.0 if self.busy <= 2 else 5 * _MINUTE,", "return Pause(0.0,"),
    ),
    _defence(
        18,
        "being throttled is known by its code",
        T + "connection.py::test_a_refusal_is_typed_by_its_code_and_the_next_command_works",
        (ERRORS, "elif code in _THROTTLED_CODES or any(", "elif any("),
    ),
    _defence(
        18,
        "being throttled pauses the whole account",
        T + "watcher.py::test_a_throttled_account_pauses_as_a_whole",
        (
            RETRIES,
            "return Pause(seconds, MailboxState.PAUSED, whole_account=True)",
            "return Pause(0.01, MailboxState.PAUSED)",
        ),
    ),
    _defence(
        19,
        "too many connections are no refused login",
        T + "opening.py::test_only_a_refused_login_is_one",
        (ERRORS, 'elif code == "LIMIT" or (', "elif False and ("),
    ),
    _defence(
        19,
        "one connection does everything for a day",
        T + "admission.py::test_where_the_server_allows_one_connection_it_does_everything",
        ("inboxcrm/imap/account.py", "await self._stand_alone()\n                raise", "raise"),
    ),
    _defence(
        20,
        "a mailbox that is not connected is known by the words",
        SERVER_MET + "[20 authenticated but not connected]",
        (ERRORS, 'elif "authenticated but not connected" in lower:', "elif False:"),
    ),
    _defence(
        21,
        "a refused login is tried once in six hours",
        T + "watcher.py::test_a_refused_login_is_not_tried_in_a_loop",
        (
            RETRIES,
            "return Pause(_MINUTE, MailboxState.WAITING, whole_account=True)",
            "return Pause(0.01, MailboxState.WAITING)",
        ),
    ),
    _defence(
        22,
        "a token that has ended is no ordinary BYE",
        "tests/oauth/test_mail_servers.py::test_a_session_whose_token_ended_is_opened_again_at_once_with_another",
        (ERRORS, 'TokenExpiredError if "accesstokenexpired" in text.lower() else ServerByeError', "ServerByeError"),
        ("inboxcrm/oauth/source.py", "lambda: self._refused.add(tokens.access)", "lambda: None"),
    ),
    _defence(
        23,
        "a sign-in server that is down is no refusal",
        "tests/oauth/test_mail_servers.py"
        "::test_a_provider_that_is_down_never_asks_for_the_owner_and_leaves_idling_alone",
        ("inboxcrm/oauth/exchange.py", "if status in _LATER or status >= 500 or status < 400:", "if False:"),
    ),
    _defence(
        24,
        "a renewed token is kept before it is used",
        "tests/oauth/test_source.py::test_a_rotated_refresh_token_is_on_the_disk_before_the_access_token_is_handed_out",
        (
            "inboxcrm/oauth/source.py",
            "        renewed = tokens.renewed(answer, now=self._clock.now())\n        self._keep(renewed)\n",
            "        renewed = tokens.renewed(answer, now=self._clock.now())\n",
        ),
    ),
    _defence(
        25,
        "after a renumbering known mail is linked",
        T + "sync.py::test_after_a_renumbering_known_mail_is_linked_and_nothing_is_fetched_twice",
        (
            "inboxcrm/imap/renumbering.py",
            "unknown = {*present} - {uid for uid, _, _ in relinked}",
            "unknown = {*present}",
        ),
    ),
    _defence(
        25,
        "a second mail under a known Message-ID is no known mail",
        "tests/store/test_reading.py::test_a_second_mail_under_a_known_id_is_not_the_first_one",
        (
            "inboxcrm/store/folders.py",
            "len(messages) == 1 and len(group) <= len(places)",
            "messages",
        ),
    ),
    _defence(
        25,
        "what came since the last look is read, whatever its id and size",
        T + "sync.py::test_a_mail_that_came_under_the_id_of_one_that_is_gone_is_read_after_a_renumbering",
        ("inboxcrm/imap/renumbering.py", "one.received_at <= since", "True"),
    ),
    _defence(
        26,
        "what came since a folder was first opened is news by its date",
        T + "news.py::test_what_came_before_a_folder_was_renumbered_in_its_first_reading_is_news",
        (DECISIONS, "        news_since=_news_since(stored),\n    )\n\n\ndef reconciled", "    )\n\n\ndef reconciled"),
    ),
    _defence(
        26,
        "a folder that is renumbered without end is left alone",
        T + "sync.py::test_a_folder_that_is_renumbered_without_end_is_left_alone",
        ("inboxcrm/imap/renumbering.py", "if memory.resets > _MOST_RESETS:", "if False:"),
    ),
    _defence(
        27,
        "UIDNEXT that goes down is noticed",
        T + "sync.py::test_uidnext_going_down_means_comparing_everything",
        (DECISIONS, "if opened.uid_next is not None and opened.uid_next < stored.uid_next:", "if False:"),
    ),
    _defence(
        27,
        "the newest numbers are asked for their mail over a new connection",
        T + "taken_back.py::test_mail_under_numbers_that_were_given_away_again_is_read_though_uidnext_is_no_lower",
        ("inboxcrm/imap/sync.py", "if afresh:", "if False:"),
    ),
    _defence(
        27,
        "a mail that came since the last look is not the one on record under its number",
        T + "taken_back.py::test_a_mail_that_takes_the_place_of_the_last_one_is_read_though_every_count_is_as_before",
        ("inboxcrm/imap/renumbering.py", "return there.received_at > read_at and", "return False and"),
    ),
    _defence(
        27,
        "where the newest on record are gone the next are asked for",
        T + "taken_back.py::test_mail_under_numbers_given_away_again_is_read_though_the_newest_of_it_is_gone",
        ("inboxcrm/imap/renumbering.py", "if there.keys().isdisjoint(uids):", "if False:"),
    ),
    _defence(
        27,
        "what lies between the newest on record is read",
        T + "taken_back.py::test_mail_under_a_number_that_was_put_away_before_is_read_though_as_much_went",
        ("inboxcrm/imap/renumbering.py", "return Top(between=tuple(", "return Top(between=() and tuple("),
    ),
    _defence(
        27,
        "what was read by the old numbers is not put on record",
        T + "taken_back.py::test_what_was_read_by_numbers_that_were_taken_back_meanwhile_is_not_put_on_record",
        ("inboxcrm/imap/steps.py", "(renumbered or self.numbering != memory.numbering)", "renumbered"),
    ),
    _defence(
        27,
        "mail under a number that was given away again is no known mail",
        T + "sync.py::test_what_lies_under_a_number_that_was_given_away_again_is_read",
        ("inboxcrm/imap/renumbering.py", "if top < stored.uid_next:", "if False:"),
    ),
    _defence(
        28,
        "a search says whether a message is gone",
        T + "sync.py::test_a_message_expunged_while_it_is_fetched_is_gone_and_not_missing",
        (BODIES, "self.bodies.missing.extend(self._still_there(lacking))", "self.bodies.missing.extend(lacking)"),
    ),
    _defence(
        29,
        "a body that did not come is owed",
        T + "sync.py::test_a_body_that_does_not_come_is_asked_for_later_and_is_live_then",
        (BODIES, "self.bodies.missing.extend(self._still_there(lacking))", "pass"),
    ),
    _defence(
        29,
        "an empty body of a mail that has octets is none",
        LIES + "no_octets_at_all_of_a_mail_that_has_some_are_as_good_as_none",
        (BODIES, "return bool(one.sections.get(section)) or", "return one.sections.get(section) is not None or"),
    ),
    _defence(
        29,
        "a message that was left out is found by the counts",
        LIES + "a_message_that_a_search_left_out_is_read_when_the_counts_are_compared",
        (SYNC, "if uid < stored.uid_next and uid not in accounted_for]", "if False]"),
    ),
    _defence(
        30,
        "only what was asked for is taken",
        T + "connection.py::test_fetch_takes_what_was_asked_in_any_order_with_anything_in_between",
        ("inboxcrm/imap/connection.py", "if one.uid is None or not wanted(one.uid):", "if one.uid is None:"),
    ),
    _defence(
        31,
        "a poisoned message is found by halving",
        T + "sync.py::test_one_poisoned_message_is_found_and_the_others_arrive",
        (BODIES, "        if len(group) > 1:\n            half", "        if False:\n            half"),
    ),
    _defence(
        31,
        "one message about which nothing is told is found by halving",
        LIES + "a_message_about_which_nothing_is_told_hides_no_other",
        ("inboxcrm/imap/work.py", "or (refused >= TOO_MANY and not found):", "or True:"),
    ),
    _defence(
        31,
        "All Mail waits for no mail that INBOX cannot give",
        T + "providers.py::test_what_inbox_cannot_bring_is_read_where_it_lies_too",
        ("inboxcrm/imap/work.py", " and uid not in overdue:", ":"),
    ),
    _defence(
        32,
        "All Mail knows what was pushed to INBOX",
        T + "providers.py::test_a_pushed_mail_that_stays_in_inbox_holds_up_nothing_that_skips_it",
        ("inboxcrm/imap/glance.py", "server_id=found.server_id", "server_id=None"),
        ("inboxcrm/imap/work.py", " and uid not in overdue:", ":"),
    ),
    _defence(
        32,
        "a mail is known by its octets",
        "tests/service/test_ingest.py::test_the_same_bytes_in_two_folders_are_one_message_in_two_places",
        ("inboxcrm/service/ingest.py", "known = messages.ids_of_fingerprints(connection, fingerprints)", "known = {}"),
    ),
    _defence(
        34,
        "the half of another mail is begun again",
        T + "large_mail.py::test_the_half_of_one_mail_is_no_beginning_of_another_under_its_number",
        (BODIES, "if half.found and not", "if False and not"),
    ),
    _defence(
        34,
        "a piece that is short is not the end before the size is reached",
        LIES + "a_large_mail_of_which_less_comes_than_was_asked_for_is_read_to_its_end",
        (BODIES, "if len(half.octets) >= told or len(piece) <= size // _TAIL:", "if True:"),
    ),
    _defence(
        34,
        "a large mail is stored piece by piece",
        "tests/service/test_large_mail.py::test_a_mail_of_fifty_megabytes_grows_the_process_by_less_than_thirty",
        (
            "inboxcrm/store/messages.py",
            "    for piece in spool.pieces():\n        yield squeeze.compress(piece)",
            '    for piece in [b"".join(spool.pieces())]:\n        yield squeeze.compress(piece)',
        ),
    ),
    _defence(
        36,
        "a mail without a date of its server came when it was seen",
        SERVER_MET + "[36 an INTERNALDATE that is none]",
        (BODIES, "received_at = half.received_at or self._seen_at", "received_at = half.received_at"),
    ),
    _defence(
        37,
        "a line may be long",
        T + "connection.py::test_a_search_answer_of_more_than_a_megabyte_is_read",
        (WIRE, "MAX_LINE = 16 << 20", "MAX_LINE = 1 << 20"),
    ),
    _defence(
        38,
        "a folder whose name is none is passed over",
        LIES + "a_folder_whose_name_makes_no_sense_keeps_no_other_from_being_read",
        ("inboxcrm/imap/names.py", "with suppress(ValueError):", "with suppress(ZeroDivisionError):"),
    ),
    _defence(
        38,
        "Sent is looked at once more when it was taken over under its new name",
        LIES + "what_came_into_a_folder_before_it_was_renamed_is_read_at_once",
        (SYNC, "memory.again = True", "memory.again = False"),
    ),
    _defence(
        38,
        "a folder of the settings is followed",
        T + "folders.py::test_a_folder_of_the_settings_that_was_renamed_is_followed",
        ("inboxcrm/imap/account.py", "if not choice.missing or self.known is None:", "if True:"),
    ),
    _defence(
        38,
        "a renamed folder is recognised",
        T + "folders.py::test_a_renamed_folder_is_recognised_and_nothing_of_it_read_again",
        ("inboxcrm/imap/renaming.py", "if await work.link.run(partial(holds, opened=opened, lost=lost)):", "if False:"),
    ),
    _defence(
        38,
        "a folder is known by the server's own number",
        T + "object_ids.py::test_a_copy_of_a_folder_that_was_deleted_is_another_folder",
        (
            "inboxcrm/imap/renaming.py",
            "if opened.object_id is not None and lost.position.object_id is not None:",
            "if False:",
        ),
    ),
    _defence(
        39,
        "a mail that was moved is the mail it was",
        SERVER_MET + "[39 moved and back]",
        ("inboxcrm/service/ingest.py", "known = messages.ids_of_fingerprints(connection, fingerprints)", "known = {}"),
    ),
    _defence(
        40,
        "changes are looked at once, after a while",
        T + "watcher.py::test_a_flag_storm_is_one_pass_and_live_mail_goes_before_it",
        (WATCHER, "changes_at = self._clock.monotonic() + timing.changes", "changes_at = 0.0"),
    ),
    _defence(
        42,
        "a name that is not found is a lost connection",
        FAULTY + "test_a_name_that_is_not_found_stops_no_other_mailbox[not found]",
        (
            "inboxcrm/imap/opening.py",
            "    except OSError as error:\n        raise ConnectionLostError(",
            "    except OSError as error:\n        raise ZeroDivisionError(",
        ),
    ),
    _defence(
        42,
        "an address that leads nowhere holds up none",
        "tests/test_dialling.py::test_an_address_that_leads_nowhere_holds_up_none",
        ("inboxcrm/dialling.py", "HEAD_START = 0.25", "HEAD_START = 100.0"),
    ),
    _defence(
        42,
        "nor does it hold up a mail",
        "tests/smtp/test_transport.py::test_an_address_of_the_server_that_leads_nowhere_holds_up_no_mail",
        ("inboxcrm/dialling.py", "timeout=HEAD_START if left else None,", "timeout=None,"),
    ),
    _defence(
        43,
        "the pauses grow",
        WIRE_MET + "[43 nobody listens]",
        (RETRIES, "ceiling = min(_CAP, _BASE * 2 ** min(self.lost - 1, 10))", "ceiling = _BASE"),
    ),
    _defence(
        44,
        "name and chain of a certificate are verified",
        T + "opening.py::test_a_certificate_that_cannot_be_trusted_is_told_with_its_reason",
        (
            "inboxcrm/trust.py",
            "context.minimum_version = ssl.TLSVersion.TLSv1_2",
            "context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE",
        ),
    ),
    _defence(
        45,
        "no password without a clean STARTTLS",
        T + "opening.py::test_no_password_is_sent_without_a_clean_starttls",
        (
            "inboxcrm/imap/opening.py",
            'if self.state != "NONAUTH" or "STARTTLS" not in self.capabilities:',
            "if False:",
        ),
    ),
    _defence(
        47,
        "west of Greenwich it is later",
        T + "responses.py::test_internal_dates_are_instants",
        ("inboxcrm/imap/responses.py", 'timezone(-offset if sign == b"-" else offset)', "timezone(offset)"),
    ),
    _defence(
        48,
        "waking from sleep drops every connection",
        T + "watcher.py::test_waking_from_suspend_drops_every_connection",
        ("inboxcrm/imap/heartbeat.py", "if slept > _SUSPENDED:", "if False:"),
    ),
    _defence(
        48,
        "what became too late in its lane stays",
        "tests/promise/test_rewording.py::test_what_became_too_late_while_its_lane_was_under_way_does_not_leave",
        (DELIVER, "        if now >= item.expires_at:\n", "        if False:\n"),
        (LEAVING, "if item is None or self._household.clock.now() >= item.expires_at:", "if item is None:"),
    ),
    _defence(
        49,
        "what became of a mail is written down when the disk takes it",
        LANES + "what_became_of_a_mail_is_written_down_once_the_disk_takes_it",
        (
            DELIVER,
            'log.warning("outbox.not_recorded", extra={"item": item.id, "cause": str(error)})\n',
            "raise\n",
        ),
    ),
    _defence(
        49,
        "no body leaves before its claim is committed",
        LANES + "what_was_claimed_by_a_commit_that_failed_is_sent_once[go on]",
        (LEAVING, "if (begins or (back and self._body)) and not await self._claim.stands():", "if False:"),
    ),
    _defence(
        49,
        "what became of a claim that came to nothing concerns nobody",
        LANES + "what_was_claimed_by_a_commit_that_failed_is_sent_once[refused]",
        (DELIVER, "        if not await claim.stands():\n            return\n", ""),
    ),
    _defence(
        49,
        "a disk that fails is a matter of time",
        "tests/faults/test_machine.py::test_a_machine_that_fails_loses_nothing[49 the disk takes no writing]",
        ("inboxcrm/store/hindrance.py", "return code & _PRIMARY in _PASSES", "return code in _PASSES"),
    ),
    _defence(
        49,
        "the owner is told past the database",
        "tests/service/test_writing_watch.py::test_the_owner_is_told_past_the_database_once_and_so_is_the_end",
        ("inboxcrm/service/writing_watch.py", "if self._told is None and now >= self._tell_at:", "if False:"),
    ),
    _defence(
        50,
        "who will write waits for the other writer",
        "tests/store/test_database.py::test_a_read_then_write_waits_for_another_writer_instead_of_failing",
        (
            "inboxcrm/store/database.py",
            'self._connection.execute("BEGIN IMMEDIATE")',
            'self._connection.execute("BEGIN")',
        ),
    ),
    _defence(
        51,
        "what is not sound is told and left",
        "tests/store/test_database.py::test_a_damaged_file_is_refused_and_left_alone",
        ("inboxcrm/store/database.py", "except sqlite3.DatabaseError as error:", "except ZeroDivisionError as error:"),
    ),
    _defence(
        51,
        "a database that is gone is missed",
        "tests/config/test_lost_database.py::test_a_database_that_is_gone_is_not_made_anew_without_a_word",
        ("inboxcrm/service/upgrade.py", "    refuse_without(home, home / DATABASE)\n\n", ""),
    ),
    _defence(
        52,
        "what lies in Sent is not sent again",
        "tests/service/test_once.py::test_a_restored_backup_finds_its_acknowledgement_in_sent",
        (DELIVER, "if outbox_questions.was_sent_before(connection, item.mail_id):", "if False:"),
    ),
    _defence(
        52,
        "an acknowledgement that the provider renamed was sent as well",
        "tests/service/test_once.py::test_a_restored_backup_knows_its_acknowledgement_under_the_id_of_the_provider",
        (
            "inboxcrm/service/file.py",
            "    filing.register.cite(row_id, sent_as(filing.message))\n",
            "",
        ),
    ),
    _defence(
        52,
        "a letter of the owner's that lies in Sent is not sent again",
        "tests/service/test_once.py::test_a_restored_backup_does_not_send_the_owners_letter_again",
        (DELIVER, 'if (item.kind == "auto" or self._may_lie_in_sent(item)) and', 'if item.kind == "auto" and'),
    ),
    _defence(
        52,
        "an apology that the provider renamed is no answer",
        "tests/service/test_once.py::test_an_apology_that_the_provider_renamed_keeps_no_promise",
        (
            "inboxcrm/service/file.py",
            "apology = _ours(filing.register, message) is Ours.NEW_DATE",
            "apology = filing.register.ours(message.message_id) is Ours.NEW_DATE",
        ),
    ),
    _defence(
        53,
        "a home is locked for other processes",
        "tests/test_home.py::test_a_second_process_is_refused_with_the_pid_of_the_first",
        ("inboxcrm/home.py", "        while not try_lock(file):\n", "        while False:\n"),
    ),
    _defence(
        54,
        "what another machine of the owner's answered is answered",
        "tests/faults/test_two_homes.py",
        ("inboxcrm/service/file.py", "        _heed_another_machine(filing)\n", "        pass\n"),
    ),
    _defence(
        55,
        "a transaction is whole or was not",
        "tests/store/test_killed.py"
        "::test_a_transaction_larger_than_the_memory_for_it_has_not_begun_when_its_process_is_killed",
        ("inboxcrm/store/database.py", 'run("PRAGMA journal_mode = WAL")', 'run("PRAGMA journal_mode = OFF")'),
    ),
    _defence(
        56,
        "the step is durable before the body leaves",
        "tests/service/test_deliver.py::test_a_crash_once_the_body_has_begun_leaves_it_in_doubt_and_says_so",
        (LEAVING, "if begins and not self._body:", "if False:"),
    ),
    _defence(
        57,
        "a mail whose body had begun is in doubt",
        "tests/smtp/test_transport.py::test_a_connection_cut_leaves_doubt_only_once_the_body_has_begun",
        (TRANSPORT, "return InDoubt(str(error))", "return Deferred(str(error))"),
    ),
    _defence(
        57,
        "an answer from another mailbox is looked for",
        LANES + "an_answer_from_another_mailbox_is_looked_for_before_the_acknowledgement_leaves",
        (DELIVER, 'if item.kind != "auto" or len(self._offices) == 1:', "if True:"),
    ),
    _defence(
        57,
        "what is answered while it is being sent is not tried again",
        LANES + "what_is_answered_while_it_is_being_sent_is_not_tried_again",
        ("inboxcrm/store/outbox.py", "SET expires_at = MIN(expires_at, ?)", "SET expires_at = MAX(expires_at, ?)"),
    ),
    _defence(
        57,
        "a pause stops what has not begun its body",
        LANES + "a_pause_stops_what_is_being_sent_up_to_its_body",
        (LEAVING, 'raise StoppedError("everything automatic is paused")', "pass"),
    ),
    _defence(
        57,
        "a mailbox that sends has no second lane",
        LANES + "a_mailbox_that_is_sending_has_no_second_lane",
        (DELIVER, "item.mailbox not in self._under_way and ", ""),
    ),
    _defence(
        57,
        "each mailbox sends by itself",
        "tests/faults/test_sending.py::test_a_submission_server_that_is_silent_delays_no_other_mailbox",
        (
            "inboxcrm/daemon.py",
            "            await self._deliver.send(lane)\n",
            (
                '            async with self.__dict__.setdefault("one", asyncio.Lock()):\n'
                "                await self._deliver.send(lane)\n"
            ),
        ),
    ),
    _defence(
        58,
        "a copy that comes into Sent late settles the doubt",
        "tests/service/test_doubt.py::test_a_mail_in_doubt_is_settled_by_a_copy_that_comes_after_the_last_look",
        ("inboxcrm/daemon.py", "await settle_by_record(self._household)", "pass"),
    ),
    _defence(
        58,
        "what was left alone in doubt may have left",
        "tests/service/test_doubt.py::test_a_mail_in_doubt_that_is_left_alone_counts_as_one_that_may_have_left",
        ("inboxcrm/store/outbox_counts.py", " OR (state = 'failed' AND reply = '{DISMISSED}')", ""),
    ),
    _defence(
        58,
        "only what is found in Sent was sent",
        "tests/service/test_deliver.py::test_a_mail_in_doubt_is_shown_and_never_sent_again",
        (
            DELIVER,
            "            if found:\n                await self._household.write(self._record_found",
            "            if True:\n                await self._household.write(self._record_found",
        ),
    ),
    _defence(
        59,
        "no for now is not no for good",
        "tests/smtp/test_replies.py::test_a_reply_means",
        ("inboxcrm/smtp/replies.py", "if 400 <= reply.code <= 499:", "if False:"),
    ),
    _defence(
        59,
        "a limit of what may be sent is no refusal of the mail",
        "tests/smtp/test_replies.py::test_a_reply_means",
        ("inboxcrm/smtp/replies.py", '(554, "5.2.0") or sent_too_much(_said(reply)):', '(554, "5.2.0"):'),
    ),
    _defence(
        59,
        "a null sender refused beside a 354 gives way",
        "tests/smtp/test_pipelining.py::test_a_null_sender_that_is_refused_beside_a_354_gives_way_at_once",
        (TRANSPORT, "session = await self._begin_again(session, step)", 'await session.command("RSET")'),
    ),
    _defence(
        60,
        "a larger mail is given more time",
        "tests/smtp/test_transport.py::test_a_larger_mail_is_given_more_time",
        ("inboxcrm/smtp/session.py", "return self.final + octets / self.octets_per_second", "return self.final"),
    ),
    _defence(
        61,
        "a mail that is too large is not begun",
        "tests/smtp/test_transport.py::test_a_mail_too_large_is_refused_before_it_is_begun",
        (TRANSPORT, "if session.largest is not None and len(item.raw) > session.largest:", "if False:"),
    ),
    _defence(
        62,
        "a reply has a length",
        "tests/smtp/test_hostile_server.py::test_a_reply_that_is_too_long_is_given_up_before_its_end",
        (
            "inboxcrm/smtp/conversation.py",
            "if len(octets) - start > LONGEST_LINE or len(octets) > LONGEST_REPLY:",
            "if False:",
        ),
    ),
    _defence(
        63,
        "a copy that was not filed is tried again",
        SENDING + "[63 Sent takes the copy later]",
        (UNFILED, "            if not given_up:\n", "            if False:\n"),
    ),
    _defence(
        64,
        "what answers our automatic mail is not answered",
        LOOPS + "test_an_out_of_office_responder_without_any_mark_gets_one_automatic_mail",
        (GATE, '    ("C6", machine.thread_already_acked),\n', ""),
        (GATE, '    ("C14", letter.automatic_letter),\n', ""),
        *ONCE,
    ),
    _defence(
        64,
        "another machine of our kind is not answered",
        LOOPS + "test_two_homes_that_write_to_each_other_send_one_automatic_mail_each",
        *((GATE, f"    {row},\n", "") for row in OF_A_HOME),
        *ONCE,
    ),
    _defence(
        65,
        "a bounce over our own sending marks nobody",
        "tests/safety/test_reports.py::test_what_is_not_for_good_marks_nobody",
        ("inboxcrm/domain/safety/bounces.py", " and not about_amounts(words)", ""),
    ),
    _defence(
        65,
        "a bounce of ours marks whom it did not reach",
        "tests/safety/test_reports.py::test_a_bounce_of_our_acknowledgement_marks_the_address_and_says_no_more",
        ("inboxcrm/service/reports.py", "        _undeliverable(filing, report, ours)\n", "        pass\n"),
    ),
    _defence(
        66,
        "a wait is cut short when the end is asked for",
        "tests/imap/test_link.py::test_closing_ends_a_question_that_is_never_answered_at_once",
        ("inboxcrm/imap/waker.py", "        self.stopping = True\n", "        return\n"),
    ),
    _defence(
        66,
        "the end waits a moment for a body under way",
        LANES + "the_end_gives_a_body_under_way_time_to_be_accepted_and_begins_no_other",
        (DELIVER, "                await self._leaving.over()\n", "                pass\n"),
    ),
    _defence(
        67,
        "mailboxes of one host come back one by one",
        "tests/imap/test_admission.py::test_fifty_mailboxes_of_one_host_come_back_one_by_one_after_a_burst",
        ("inboxcrm/imap/admission.py", "return max(0.0, self.full_at - now - _BURST * every)", "return 0.0"),
    ),
    _defence(
        67,
        "and each asks before it connects",
        "tests/faults/test_many.py::test_fifty_mailboxes_come_back_one_by_one_and_each_reads_its_mail",
        (
            "inboxcrm/imap/account.py",
            "await asyncio.sleep(SHARED.wait(self.config.imap.host, self.config.user, self.clock.monotonic()))",
            "pass",
        ),
    ),
    _defence(
        68,
        "no descriptor left is told to who asked",
        "tests/faults/test_descriptors.py",
        ("inboxcrm/imap/link.py", "except (OSError, RuntimeError) as error:", "except ZeroDivisionError as error:"),
    ),
    _defence(
        69,
        "a search for n:* always names the last message",
        T + "decisions.py::test_a_search_for_everything_from_a_number_names_the_last_message_even_below_it",
        (DECISIONS, "return [uid for uid in uids if uid >= uid_next]", "return list(uids)"),
    ),
    _defence(
        70,
        "much vanishing at once is asked about",
        T + "sync.py::test_much_vanishing_at_once_is_believed_only_when_a_search_agrees",
        (DECISIONS, "return vanished > known * _SUSPICIOUS_SHARE", "return False"),
    ),
    *(replace(one, row=fault) for fault, rows in HOSTILE_TOO.items() for one in TABLE if one.row in rows),
)
"""By number of the fault."""
