"""Each defence of docs/hostile-inputs.md, how to take it away, and the test that must notice."""

from __future__ import annotations

from dataclasses import dataclass

RENDER, SAFETY, HOSTILE = "tests/render/", "tests/domain/", "tests/safety/test_hostile_inputs.py::"
FIXTURES = "tests/domain/test_reply_safety.py::test_a_fixture_gets_the_verdict_of_its_folder_for_the_reason_expected"
GATE, STATE = "inboxcrm/domain/reply_safety.py", "inboxcrm/domain/safety/state.py"
UNOPENED = "tests/domain/test_mime_hostile.py::test_what_is_no_letter_is_counted_and_never_opened"
WIRE, WALK, TEXT = "inboxcrm/imap/wire.py", "inboxcrm/domain/structure.py", "inboxcrm/domain/text.py"
ACKNOWLEDGE, COMPOSE = "inboxcrm/service/acknowledge.py", "inboxcrm/render/compose.py"

DEALT_WITH = "tests/service/test_dealt_with.py::"


@dataclass(frozen=True, slots=True)
class Defence:
    """`edits` are file, piece and what stands in its place; a defence in two layers is taken away in both."""

    row: int
    what: str
    test: str
    edits: tuple[tuple[str, str, str], ...]


def _defence(row: int, what: str, test: str, *edits: tuple[str, str, str]) -> Defence:
    return Defence(row, what, test, edits)


TABLE: tuple[Defence, ...] = (
    # into the reply
    _defence(
        1,
        "line ends are cut out of names and subjects",
        RENDER + "test_clean.py::test_any_text_becomes_one_safe_bounded_line",
        (
            "inboxcrm/render/clean.py",
            'if category in _BREAKING:\n        return " "',
            "if category in _BREAKING:\n        return character",
        ),
        ("inboxcrm/render/clean.py", '    text = " ".join(text.split())\n', ""),
    ),
    _defence(
        1,
        "the finished mail is read back and compared",
        RENDER + "test_check.py::test_a_deviation_stops_the_mail_without_quoting_it",
        ("inboxcrm/render/check.py", "    if not condition:", "    if False:"),
    ),
    _defence(
        2,
        "Message-IDs are read by a strict pattern",
        SAFETY + "test_mime.py::test_only_strict_message_ids_are_taken",
        ("inboxcrm/domain/identifiers.py", 're.compile(r"<[!-;=?-~]{1,248}>")', 're.compile(r"<[^>]{1,248}>")'),
    ),
    _defence(
        2,
        "Message-IDs are written only if they are exactly one",
        RENDER + "test_compose.py::test_threading_names_valid_ids_or_nothing",
        (COMPOSE, "return value if message_ids(value) == (value,) else None", "return value"),
    ),
    _defence(
        3,
        "a recipient is a plain dot-atom",
        RENDER + "test_compose.py::test_an_address_that_is_not_plain_is_refused_not_repaired",
        (COMPOSE, " or not (_LOCAL.fullmatch(plain) and _DOMAIN.fullmatch(domain)):", ":"),
    ),
    _defence(
        3,
        "the transport looks at the envelope once more",
        "tests/smtp/test_transport.py::test_what_could_smuggle_is_refused_before_anybody_is_called",
        (
            "inboxcrm/smtp/transport.py",
            "if _ENVELOPE_ADDRESS.fullmatch(_as_ascii(item.recipient)) is None:",
            "if False:",
        ),
    ),
    _defence(
        4,
        "exactly one author",
        FIXTURES,
        (
            STATE,
            "if len(fields) != 1 or len(message.from_) != 1 or not _NOT_SINGLE.isdisjoint(message.defects):",
            "if not message.from_:",
        ),
    ),
    _defence(
        4,
        "an author's address is a safe one",
        SAFETY + "test_reply_safety_edges.py::test_an_address_is_used_only_if_it_is_safe",
        (STATE, "if not _safe(local, domain) or len(sender.key) > LONGEST_ADDRESS or", "if"),
    ),
    _defence(
        4,
        "two addresses without a comma are two",
        SAFETY + "test_reply_safety_edges.py::test_a_sender_whom_two_readers_read_as_two_is_not_written_to",
        ("inboxcrm/domain/address.py", "if self.angle is not None:  # `<a@x> <b@y>`", "if False:  # `<a@x> <b@y>`"),
    ),
    _defence(
        5,
        "Reply-To is never written to",
        HOSTILE + "test_a_reply_to_names_no_victim",
        (GATE, "recipient=lead or facts.sender,", "recipient=lead or facts.foreign_reply_to or facts.sender,"),
    ),
    _defence(
        6,
        "templates run in a sandbox",
        RENDER + "test_templates.py::test_a_template_cannot_leave_its_sandbox_and_nothing_is_half_said",
        (
            "inboxcrm/render/templates.py",
            "class _Sandbox(ImmutableSandboxedEnvironment):",
            "class _Sandbox(jinja2.Environment):",
        ),
    ),
    _defence(
        6,
        "what was rendered is not rendered again",
        RENDER + "test_compose.py::test_mail_data_is_never_a_template",
        (
            "inboxcrm/render/templates.py",
            "_tidy(_compiled(template.body, template.parts).render(given))",
            "_tidy(_compiled(_compiled(template.body, template.parts).render(given), template.parts).render(given))",
        ),
    ),
    _defence(
        7,
        "a value that is missing stops the mail",
        RENDER + "test_compose.py::test_a_value_that_is_missing_stops_the_mail",
        (
            "inboxcrm/render/templates.py",
            "    missing = template.needs - values.keys()\n    if missing:",
            "    missing = template.needs - values.keys()\n    if False:",
        ),
    ),
    _defence(
        7,
        "a text that cannot be made raises an alarm",
        "tests/service/test_deliver.py::test_a_text_that_cannot_be_made_is_silence_and_an_alarm",
        (
            ACKNOWLEDGE,
            'home.raise_alarm(filing.connection, "acknowledgement-failed", str(error), now=filing.now)',
            "pass",
        ),
    ),
    _defence(
        8,
        "References are dropped from the oldest",
        RENDER + "test_compose.py::test_long_references_are_dropped_from_the_oldest",
        (COMPOSE, "while len(id_list(chain)) > REFERENCES_OCTETS:", "while False:"),
    ),
    _defence(
        8,
        "a line has a length",
        RENDER + "test_compose.py::test_a_long_subject_is_cut_between_two_letters",
        (
            "inboxcrm/render/clean.py",
            'return text if len(text) <= length else cut(text, length - 1).rstrip() + "…"',
            "return text",
        ),
    ),
    _defence(
        9,
        "a stranger gets back nothing he wrote",
        HOSTILE + "test_a_stranger_gets_back_nothing_of_what_he_wrote",
        (ACKNOWLEDGE, "if speech.decided.template == MINIMAL or not speech.situation.known:", "if False:"),
    ),
    _defence(
        10,
        "private details need an unbounded acknowledgement",
        SAFETY + "test_reply_safety_rows.py::test_private_details_need_an_unbounded_acknowledgement",
        (GATE, "private_details_allowed=authenticated and outcome is Outcome.ACK", "private_details_allowed=True"),
    ),
    _defence(
        10,
        "only what my border wrote proves a sender",
        SAFETY + "test_identity.py::test_only_what_my_border_wrote_proves_a_sender",
        ("inboxcrm/domain/safety/results.py", "in facts.message.headers[:end]:", "in facts.message.headers:"),
    ),
    _defence(
        11,
        "mixed scripts are noticed",
        SAFETY + "test_address.py::test_mixed_scripts_are_noticed",
        ("inboxcrm/domain/address.py", "return _mixed(local) or any(", "return _mixed(local) and any("),
    ),
    _defence(
        12,
        "addresses are not folded by compatibility",
        SAFETY + "test_address.py::test_what_only_looks_alike_is_another_identity",
        (
            "inboxcrm/domain/address.py",
            '    local, at, domain = spec.rpartition("@")\n    return f"{local.translate(_ASCII_LOWER)}',
            '    local, at, domain = unicodedata.normalize("NFKC", spec).rpartition("@")\n    return f"{local.lower()}',
        ),
    ),
    _defence(
        13,
        "a limit over all mail pulls the brake",
        "tests/safety/test_burst.py::test_a_flood_is_answered_a_handful_of_times_and_leaves_memory_flat",
        (
            "inboxcrm/service/brakes.py",
            "if home.braked_at(connection) is None:\n        return entry",
            "if True:\n        return entry",
        ),
    ),
    _defence(
        14,
        "senders are counted by base address and organisational domain",
        "tests/safety/test_burst.py::test_one_sender_gains_nothing_by_rotating_tags_and_sub_domains",
        (ACKNOWLEDGE, "recipient_base=base_key(recipient.key),", "recipient_base=recipient.key,"),
        (
            ACKNOWLEDGE,
            "recipient_domain=organisational_domain(recipient.domain),",
            "recipient_domain=recipient.domain,",
        ),
    ),
    _defence(
        15,
        "an answer to our automatic mail is not acknowledged",
        FIXTURES,
        (GATE, '    ("C6", machine.thread_already_acked),\n', ""),
    ),
    _defence(
        15,
        "an answer to it under the id that the provider gave it is not acknowledged",
        "tests/service/test_once.py::test_what_answers_our_acknowledgement_under_the_providers_id_is_not_acknowledged",
        ("inboxcrm/store/automatic.py", "return known | lying_in_sent(connection, asked - known)", "return known"),
    ),
    _defence(15, "another home's mail is not acknowledged", FIXTURES, (GATE, '    ("C5", machine.own_kind),\n', "")),
    _defence(
        16, "the null return path is not answered", FIXTURES, (GATE, '    ("C1", machine.null_return_path),\n', "")
    ),
    _defence(16, "a report is not answered", FIXTURES, (GATE, '    ("C2", reports.report),\n', "")),
    _defence(
        17,
        "nothing that handles a mail can fetch what it names",
        HOSTILE + "test_nothing_that_handles_a_mail_can_fetch_what_it_names",
        (
            "inboxcrm/service/ingest.py",
            "import logging\nimport sqlite3",
            "import http.client\nimport logging\nimport sqlite3",
        ),
    ),
    _defence(
        17,
        "a challenge is not answered",
        FIXTURES,
        (GATE, '    ("C14", letter.automatic_letter),\n', ""),
    ),
    # state and identity
    _defence(
        18,
        "an id alone joins no matter",
        HOSTILE + "test_a_colliding_message_id_joins_no_other_clients_matter",
        ("inboxcrm/domain/threads.py", "if candidate.shared:", "if True:"),
    ),
    _defence(
        19,
        "only mail in Sent is the owner's",
        "tests/service/test_answers.py::test_a_forged_mail_from_the_owner_in_the_inbox_keeps_nothing",
        (
            "inboxcrm/service/ingest.py",
            "if (batch.role is FolderRole.SENT or arrival.sent) and file.is_outgoing(",
            "if file.is_outgoing(",
        ),
    ),
    _defence(
        20,
        "a bounce marks nobody we did not write to",
        "tests/safety/test_reports.py::test_a_bounce_cannot_mark_somebody_we_did_not_write_to",
        (
            "inboxcrm/service/reports.py",
            "key = written_to.get(base_key(failure.address))",
            "key = base_key(failure.address)",
        ),
    ),
    _defence(
        20,
        "a bounce marks nobody unless it is for good",
        "tests/safety/test_reports.py::test_what_is_not_for_good_marks_nobody",
        ("inboxcrm/service/reports.py", "if key is None or not failure.permanent:", "if key is None:"),
    ),
    _defence(
        20,
        "our Message-IDs cannot be guessed",
        RENDER + "test_compose.py::test_the_message_id_is_the_same_again_and_nobody_elses",
        (COMPOSE, '"surrogatepass"), key=_key(secret), digest_size=20)', '"surrogatepass"), digest_size=20)'),
    ),
    _defence(
        21,
        "a copied mail is known by its date",
        SAFETY + "test_reply_safety_rows.py::test_a_copied_mail_is_known_by_its_old_date_and_an_absurd_date_is_ignored",
        (STATE, "if date is not None and state.received_at - date > COPIED_AFTER:", "if False:"),
    ),
    _defence(
        21,
        "the ledger knows a mail by its keys",
        "tests/service/test_ingest.py::test_a_mail_sent_again_under_a_new_id_is_answered_once",
        (
            "inboxcrm/service/gathering.py",
            "since = filing.now - SENT_AGAIN_WITHIN",
            "since = filing.now + SENT_AGAIN_WITHIN",
        ),
        ("inboxcrm/domain/plan.py", "if isinstance(promise, Chased):", "if False:"),
        (
            "inboxcrm/domain/safety/limits.py",
            "if applies and count >= cap:\n            return Dropped",
            "if False:\n            return Dropped",
        ),
    ),
    _defence(
        22,
        "the step is durable before the body leaves",
        "tests/service/test_deliver.py::test_a_crash_once_the_body_has_begun_leaves_it_in_doubt_and_says_so",
        ("inboxcrm/service/leaving.py", "if begins and not self._body:", "if False:"),
    ),
    _defence(
        22,
        "what is in doubt is not queued again",
        "tests/service/test_deliver.py::test_a_crash_once_the_body_has_begun_leaves_it_in_doubt_and_says_so",
        (
            "inboxcrm/domain/outbox.py",
            "OutboxEvent.DOUBT if step is Step.BODY else OutboxEvent.DEFER",
            "OutboxEvent.DEFER",
        ),
    ),
    _defence(
        22,
        "a full disk is a matter of time",
        "tests/store/test_database.py::test_a_full_disk_is_a_matter_of_time_and_leaves_nothing",
        (
            "inboxcrm/store/database.py",
            "raise\n            raise self._unwritable(error) from error",
            "raise",
        ),
    ),
    _defence(
        23,
        "one process runs a home",
        "tests/test_home.py::test_the_same_process_cannot_run_a_home_twice",
        (
            "inboxcrm/home.py",
            "        if self.path in _held:\n            raise _busy",
            "        if False:\n            raise _busy",
        ),
    ),
    _defence(
        24,
        "an impossible date is no date",
        SAFETY + "test_mime.py::test_a_date_is_an_instant_or_nothing",
        ("inboxcrm/domain/dates.py", "except (ValueError, OverflowError):", "except ZeroDivisionError:"),
    ),
    _defence(
        25,
        "a clock that went back silences the machine",
        "tests/service/test_ingest.py::test_a_clock_that_went_back_silences_the_machine",
        ("inboxcrm/service/gathering.py", "return last is None or filing.now >= last - CLOCK_SLACK", "return True"),
    ),
    _defence(
        25,
        "a retry planned by a clock that was ahead is brought nearer",
        "tests/safety/test_modes.py::test_a_retry_planned_by_a_clock_that_was_ahead_comes_within_the_longest_pause",
        ("inboxcrm/domain/outbox.py", "return min(planned_at, now + PAUSES[-1] * (1 + SPREAD))", "return planned_at"),
    ),
    _defence(
        26,
        "a huge literal is refused before it is read",
        "tests/imap/test_connection.py::test_a_huge_literal_is_refused_before_it_is_read",
        (WIRE, "        if size > self._max_literal:\n            raise", "        if False:\n            raise"),
    ),
    _defence(
        26,
        "an endless line is no protocol",
        "tests/imap/test_connection.py::test_an_endless_line_is_no_protocol",
        (WIRE, "            if scanned > self._max_line:", "            if False:"),
    ),
    _defence(
        26,
        "no password without a clean STARTTLS",
        "tests/imap/test_opening.py::test_no_password_is_sent_without_a_clean_starttls",
        ("inboxcrm/imap/opening.py", 'if self.state != "NONAUTH" or "STARTTLS" not in self.capabilities:', "if False:"),
    ),
    # parsing
    _defence(
        27,
        "nesting ends at a limit",
        SAFETY + "test_mime_hostile.py::test_a_thousand_levels_of_nesting_end_at_the_limit",
        (WALK, "if node.depth >= DEEPEST:", "if False:"),
    ),
    _defence(
        27,
        "parts end at a limit",
        SAFETY + "test_mime_hostile.py::test_a_hundred_thousand_parts_end_at_the_limit",
        (WALK, "            if len(self.parts) >= MOST_PARTS:", "            if False:"),
        (WALK, "                    if len(found) > MOST_PARTS:", "                    if False:"),
        (WALK, "            if looks > MOST_LOOKS:", "            if False:"),
    ),
    _defence(
        27,
        "headers end at a limit",
        SAFETY + "test_mime_hostile.py::test_headers_beyond_the_limit_are_cut_and_the_rest_is_no_body",
        ("inboxcrm/domain/mime.py", "cut = body_at > LONGEST_HEADERS", "cut = False"),
    ),
    _defence(
        27,
        "a worker has a limit of time",
        "tests/test_parsing.py::test_a_mail_that_takes_too_long_loses_its_body_and_no_other_mail",
        ("inboxcrm/parsing.py", "async with asyncio.timeout(seconds):", "async with asyncio.timeout(None):"),
    ),
    _defence(
        27,
        "a worker has a limit of memory",
        "tests/test_parsing.py::test_a_mail_that_needs_too_much_memory_loses_its_body_and_no_other_mail",
        ("inboxcrm/parsing_worker.py", "resource.setrlimit(resource.RLIMIT_AS, (octets, octets))", "pass"),
    ),
    _defence(
        28,
        "archives are counted and never read",
        UNOPENED + "[application/zip]",
        (
            WALK,
            'if content_type in ("text/plain", "text/html") and',
            'if content_type in ("text/plain", "application/zip") or',
        ),
        (WALK, 'if leaf.part.content_type == "text/plain":', 'if leaf.part.content_type != "text/html":'),
    ),
    _defence(
        28,
        "TNEF is counted and never read",
        UNOPENED + "[application/ms-tnef]",
        (
            WALK,
            'if content_type in ("text/plain", "text/html") and',
            'if content_type in ("text/plain", "application/ms-tnef") or',
        ),
        (WALK, 'if leaf.part.content_type == "text/plain":', 'if leaf.part.content_type != "text/html":'),
    ),
    _defence(
        29,
        "the end of an open quote is looked for once",
        SAFETY + "test_mime_hostile.py::test_eight_times_the_flood_costs_nothing_like_sixty_four_times",
        ("inboxcrm/domain/address.py", "token, at = _UNQUOTED, at + 1", "at = at + 1"),
    ),
    _defence(
        30,
        "lone surrogates are not stored",
        SAFETY + "test_text.py::test_what_is_storable_can_be_encoded",
        (
            TEXT,
            '        return _SURROGATE.sub("\\ufffd", text)\n    return text\n\n\ndef visible',
            "        return text\n    return text\n\n\ndef visible",
        ),
    ),
    _defence(
        31,
        "all instances of From are read",
        SAFETY + "test_mime.py::test_a_second_from_leaves_no_author_but_the_first_subject_shows",
        (
            "inboxcrm/domain/mime.py",
            "lists = [parse_addresses(value) for value in by_name[name]]",
            "lists = [parse_addresses(value) for value in by_name[name][:1]]",
        ),
    ),
    _defence(
        32,
        "a mail inside a mail is a leaf",
        SAFETY + "test_mime.py::test_a_message_type_at_the_top_is_one_leaf_never_opened",
        (
            WALK,
            'if not content_type.startswith("multipart/"):',
            'if not content_type.startswith(("multipart/", "message/")):',
        ),
    ),
    _defence(
        33,
        "a file name is no path",
        SAFETY + "test_mime.py::test_a_file_name_is_a_string_to_show_and_no_path",
        (WALK, '.replace("\\\\", "/").rpartition("/")[2], 4096)', ", 4096)"),
    ),
    _defence(
        34,
        "S/MIME is not decrypted and not read",
        UNOPENED + "[application/pkcs7-mime]",
        (
            WALK,
            'if content_type in ("text/plain", "text/html") and',
            'if content_type in ("text/plain", "application/pkcs7-mime") or',
        ),
        (WALK, 'if leaf.part.content_type == "text/plain":', 'if leaf.part.content_type != "text/html":'),
    ),
    _defence(
        34,
        "PGP is not decrypted and not read",
        UNOPENED + "[application/pgp-encrypted]",
        (
            WALK,
            'if content_type in ("text/plain", "text/html") and',
            'if content_type in ("text/plain", "application/pgp-encrypted") or',
        ),
        (WALK, 'if leaf.part.content_type == "text/plain":', 'if leaf.part.content_type != "text/html":'),
    ),
    _defence(
        35,
        "a calendar is not read",
        UNOPENED + "[text/calendar]",
        (
            WALK,
            'if content_type in ("text/plain", "text/html") and',
            'if content_type in ("text/plain", "text/calendar") or',
        ),
        (WALK, 'if leaf.part.content_type == "text/plain":', 'if leaf.part.content_type != "text/html":'),
    ),
    _defence(
        36,
        "a vCard is not read",
        UNOPENED + "[text/vcard]",
        (
            WALK,
            'if content_type in ("text/plain", "text/html") and',
            'if content_type in ("text/plain", "text/vcard") or',
        ),
        (WALK, 'if leaf.part.content_type == "text/plain":', 'if leaf.part.content_type != "text/html":'),
    ),
    # the web
    _defence(
        37,
        "HTML is cleaned",
        "tests/web/test_hostile.py::test_an_html_letter_is_cleaned_and_shut_in",
        ("inboxcrm/web/files.py", "_PAGE.format(letter=clean_html(letter))", "_PAGE.format(letter=letter)"),
    ),
    _defence(
        38,
        "no picture is fetched",
        "tests/web/test_hostile.py::test_no_dirt_survives_the_cleaning",
        ("inboxcrm/web/letters.py", "and _PICTURE.fullmatch(value) else None", "else None"),
        ("inboxcrm/web/letters.py", 'url_schemes={"data"},', 'url_schemes={"data", "http"},'),
    ),
    _defence(
        38,
        "no style fetches anything",
        "tests/web/test_hostile.py::test_no_dirt_survives_the_cleaning",
        (
            "inboxcrm/web/letters.py",
            """if name == "style" and ("url" in value.lower() or""",
            """if name == "style" and (""",
        ),
    ),
    _defence(
        38,
        "a link shows its host",
        "tests/web/test_hostile.py::test_a_letter_shows_quotes_apart_and_the_host_of_a_link",
        ("inboxcrm/web/letters.py", "yield Piece(match[2], host=True)", "yield Piece(match[2])"),
    ),
    _defence(
        38,
        "every page may load nothing",
        "tests/web/test_door.py::test_every_answer_forbids_scripts_and_loads",
        ("inboxcrm/web/door.py", "\"default-src 'none'; script-src 'none';", "\"default-src *; script-src 'none';"),
    ),
    _defence(
        39,
        "what is shown is escaped",
        "tests/web/test_hostile.py::test_no_column_becomes_an_element_or_a_handler_on_any_page",
        ("inboxcrm/web/look.py", "        autoescape=True,", "        autoescape=False,"),
    ),
    _defence(
        40,
        "words to search for are quoted",
        "tests/store/test_reading.py::test_searching_for",
        (
            "inboxcrm/store/views/wanted.py",
            'return \'"\' + self.text.replace(\'"\', \'""\') + \'"\' + ("*" if self.open else "")',
            'return self.text + ("*" if self.open else "")',
        ),
    ),
    _defence(
        41,
        "SQL in an address is refused",
        "tests/web/test_vault.py::test_a_filter_in_sql_is_refused",
        ("inboxcrm/web/serve.py", '    "default_allow_sql": False,\n', ""),
        ("inboxcrm/web/serve.py", '            "allow_sql": False,\n', ""),
        (
            "inboxcrm/web/serve.py",
            '{DATABASE: {"allow_sql": False, "tables": tables}}',
            '{DATABASE: {"tables": tables}}',
        ),
        ("inboxcrm/web/plugin.py", 'return None if action == "view-database" else False', "return None"),
    ),
    _defence(
        41,
        "SQL reads no column that is not shown",
        "tests/web/test_vault.py::test_everything_else_is_out_of_reach",
        (
            "inboxcrm/store/vault.py",
            "return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY",
            "return sqlite3.SQLITE_OK",
        ),
    ),
    _defence(
        41,
        "the reader cannot write",
        "tests/web/test_vault.py::test_the_reader_cannot_write_and_does_not_wait_for_ever",
        ("inboxcrm/store/reader.py", "?mode=ro", "?mode=rw"),
        ("inboxcrm/store/reader.py", '    connection.execute("PRAGMA query_only = ON")\n', ""),
    ),
    _defence(
        41,
        "a question has an end",
        "tests/web/test_vault.py::test_the_reader_cannot_write_and_does_not_wait_for_ever",
        ("inboxcrm/store/reader.py", "lambda: time.monotonic() > end, _OPCODES", "lambda: False, _OPCODES"),
    ),
    _defence(
        42,
        "names that were rebound are refused",
        "tests/web/test_door.py::test_a_name_that_was_rebound_to_us_is_refused",
        ("inboxcrm/web/door.py", 'if re.sub(r":\\d{1,5}\\Z", "", host) not in HOSTS:', "if False:"),
    ),
    _defence(
        42,
        "the start token opens, and nothing else does",
        "tests/web/test_door.py::test_a_wrong_token_opens_nothing",
        ("inboxcrm/web/door.py", "return hmac.compare_digest(token.encode(), self.token.encode())", "return True"),
    ),
    _defence(
        42,
        "nothing can be changed",
        "tests/web/test_door.py::test_nothing_can_be_changed",
        ("inboxcrm/web/door.py", 'if scope["method"] not in ("GET", "HEAD"):', "if False:"),
    ),
    _defence(
        43,
        "an attachment is a download",
        "tests/web/test_hostile.py::test_an_attachment_is_a_download_under_a_name_of_ours",
        (
            "inboxcrm/web/routes.py",
            'headers={"content-disposition": f\'attachment; filename="{found.name}"\', ',
            "headers={",
        ),
    ),
    _defence(
        43,
        "an attachment has no type",
        "tests/web/test_hostile.py::test_an_attachment_is_a_download_under_a_name_of_ours",
        ("inboxcrm/web/routes.py", 'content_type="application/octet-stream",', 'content_type="text/html",'),
    ),
    _defence(
        43,
        "a browser does not guess a type",
        "tests/web/test_hostile.py::test_an_attachment_is_a_download_under_a_name_of_ours",
        ("inboxcrm/web/door.py", '    (b"x-content-type-options", b"nosniff"),\n', ""),
    ),
    _defence(
        44,
        "no cell is a formula",
        "tests/web/test_hostile.py::test_no_cell_of_a_csv_is_a_formula",
        ("inboxcrm/web/routes.py", "[[harmless(cell) for cell in row] for row in", "[list(row) for row in"),
    ),
    # the terminal and the log
    _defence(
        45,
        "controls become pictures",
        SAFETY + "test_text.py::test_nothing_shown_moves_a_cursor_or_hides",
        (TEXT, "        text = _CONTROL.sub(_picture, text)\n", ""),
    ),
    _defence(
        46,
        "directions and invisible signs go",
        SAFETY + "test_text.py::test_what_is_visible_holds_no_control_no_direction_and_no_surrogate",
        (TEXT, '        text = _INVISIBLE.sub("", text)\n', ""),
    ),
    _defence(
        46,
        "marks are capped",
        SAFETY + "test_text.py::test_a_flood_of_marks_is_capped_and_ordinary_marks_stay",
        (TEXT, 'return text if text.isascii() else _mark_flood().sub(r"\\1", text)', "return text"),
    ),
    _defence(
        46,
        "endless lines are broken",
        SAFETY + "test_text.py::test_an_endless_line_is_broken",
        (TEXT, 'return _LONG_LINE.sub(r"\\g<0>" + "\\n", text) if len(text) > LONGEST_LINE else text', "return text"),
    ),
    _defence(
        47,
        "an event is one line",
        HOSTILE + "test_no_field_forges_a_line_of_the_log",
        (
            "inboxcrm/cli/logs.py",
            'return record.getMessage().replace("\\r", " ").replace("\\n", " ")',
            "return record.getMessage()",
        ),
    ),
    _defence(
        48,
        "what was written is no word of a command",
        "tests/notify/test_command.py::test_the_command_gets_the_text_as_input_and_the_rest_in_its_environment",
        (
            "inboxcrm/notify/command.py",
            "                *self._argv,\n",
            "                *self._argv,\n                notice.text,\n",
        ),
    ),
    _defence(
        49,
        "what is pasted answers no dialog",
        "tests/tui/test_keys.py::test_pasted_text_answers_no_dialog",
        (
            "inboxcrm_tui/screens/dialogs.py",
            (
                "self.dismiss(True)\n\n    def on_paste(self, event: events.Paste) -> None:\n"
                '        """Text is no decision."""\n        event.stop()'
            ),
            (
                "self.dismiss(True)\n\n    def on_paste(self, event: events.Paste) -> None:\n"
                '        if event.text.startswith("y"):\n            self.action_agree()'
            ),
        ),
    ),
    # rules, secrets, the rest
    _defence(
        50,
        "patterns that may never end are refused",
        "tests/rules/test_mistakes.py::test_ten_mistakes_are_told_at_once_each_in_its_place",
        ("inboxcrm/domain/rule_conditions.py", "if _REGEX.search(bare):", "if False:"),
    ),
    _defence(
        50,
        "patterns are run in linear time",
        "tests/rules/test_mistakes.py::test_a_mistake_in_a_condition_is_told",
        (
            "inboxcrm/domain/rule_names.py",
            "return re2.compile(pattern, options)",
            'return __import__("re").compile(pattern, 2)',
        ),
    ),
    _defence(
        50,
        "no more than the beginning of a letter is searched",
        "tests/rules/test_mistakes.py::test_only_the_beginning_of_a_letter_is_searched",
        (
            "inboxcrm/domain/rule_names.py",
            "return text[: LONGEST_TEXT + LONGEST_PATTERN].encode()",
            "return text.encode()",
        ),
    ),
    _defence(
        53,
        "no header praises itself past a stop",
        HOSTILE + "test_no_header_of_the_sender_makes_the_machine_speak",
        (GATE, '    ("C3", machine.auto_submitted),\n', ""),
    ),
    _defence(
        54,
        "a secret does not show itself",
        "tests/test_passwords.py::test_a_secret_does_not_show_itself",
        ("inboxcrm/passwords.py", '        return "Secret(...)"', "        return self.reveal()"),
    ),
    _defence(
        55,
        "values are one clean line",
        RENDER + "test_templates.py::test_values_are_one_clean_line_each",
        (
            "inboxcrm/render/templates.py",
            "{name: _cleaned(name, value) for name, value in values}",
            "dict(values)",
        ),
    ),
    _defence(
        56, "who did not write to me is not answered", FIXTURES, (GATE, '    ("C15", letter.not_addressed),\n', "")
    ),
    _defence(
        56,
        "what a filter puts into junk while the acknowledgement waits is not answered",
        DEALT_WITH + "test_what_is_moved_to_junk_while_its_acknowledgement_waits_is_not_acknowledged",
        (
            "inboxcrm/store/whereabouts.py",
            "if all(role in _UNWANTED_FOLDERS or flags & _UNWANTED_FLAGS",
            "if all(False",
        ),
    ),
    _defence(
        56,
        "a stranger's mail that left the folders that are read waits for a key",
        DEALT_WITH + "test_a_strangers_mail_that_left_every_folder_waits_for_a_key",
        ("inboxcrm/service/release.py", "        case Whereabouts.GONE if stranger:\n", "        case None:\n"),
    ),
    _defence(
        57,
        "what is too late is not acknowledged",
        "tests/safety/test_burst.py::test_what_arrives_after_an_outage_of_a_day_is_promised_and_not_acknowledged",
        (STATE, "if facts.now - state.received_at > facts.settings.max_delay:", "if False:"),
        ("inboxcrm/domain/plan.py", "if now >= expires_at:", "if False:"),
        ("inboxcrm/service/release.py", "    if now >= item.expires_at:\n", "    if False:\n"),
    ),
    _defence(
        58,
        "a domain that takes no mail is not tried again",
        HOSTILE + "test_a_domain_that_takes_no_mail_is_told_on_the_contact_and_not_tried_again",
        (ACKNOWLEDGE, "if refused is not None:", "if False:"),
    ),
    _defence(
        59,
        "no word in the clear",
        "tests/smtp/test_log_in.py::test_starttls_that_is_not_offered_ends_the_talk_before_any_password",
        ("inboxcrm/smtp/session.py", 'if not self.offers("starttls"):', "if False:"),
        ("inboxcrm/smtp/session.py", "        await self._client.starttls()\n", ""),
    ),
    _defence(
        59,
        "nothing leaves later than the longest delay",
        "tests/service/test_deliver.py::test_nothing_leaves_later_than_the_longest_delay",
        ("inboxcrm/service/release.py", "    if now >= item.expires_at:\n", "    if False:\n"),
        ("inboxcrm/service/release.py", "elif now >= item.expires_at:", "elif False:"),
        (
            "inboxcrm/service/deliver.py",
            "        if now >= item.expires_at:\n            release.too_late(",
            "        if False:\n            release.too_late(",
        ),
        ("inboxcrm/domain/outbox.py", "return at if at < expires_at else None", "return at"),
    ),
    _defence(
        60,
        "an address that needs SMTPUTF8 is not written to",
        HOSTILE + "test_an_address_that_cannot_be_written_to_gets_nothing_and_is_owed_an_answer",
        (STATE, "    if not local.isascii() and _safe(", "    if False and _safe("),
        (STATE, "if not _safe(local, domain) or len(sender.key) > LONGEST_ADDRESS or", "if"),
        (COMPOSE, " or not (_LOCAL.fullmatch(plain) and _DOMAIN.fullmatch(domain)):", ":"),
    ),
)

NOTHING_TO_TAKE_AWAY = {
    51: "there is no plug-in for a language model, and so nothing that guards one",
    52: "nothing reads a mail for commands; test_no_mail_is_a_command fails when something begins to",
}
"""Rows of the page whose defence is that something does not exist."""
