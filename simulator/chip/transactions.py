"""Transactions: commit, abort, and the transaction MAC that proves what was committed.

Data sheet MF2DL(H)x0 §10.3.4. No transaction MAC of real silicon is public: keys, truncation and
CBC are pinned to published vectors, the layout of the input to the data sheet's text.
"""

from dataclasses import replace

from simulator.chip.access import require_counter_left, transaction_mac_file
from simulator.chip.crypto import AES_BLOCK, BlockCipher, RunningMac, cmac, pad_zero, truncate_odd
from simulator.chip.drafts import Transaction
from simulator.chip.files import FREE, NEVER, TransactionMacFile
from simulator.chip.keys import Key
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

WITH_TRANSACTION_MAC = 0x01
COUNTER_LENGTH = 4
# The data sheet's prose says 31 and 32; its formula and all published code say these.
_MAC_LABEL, _ENC_LABEL = bytes.fromhex("5A00010080"), bytes.fromhex("A500010080")
# [?] A commit without the CommitReaderID that the file asks for.
COMMIT_WITHOUT_READER_ID = Status.PERMISSION_DENIED
# [?] A second CommitReaderID in one transaction.
SECOND_READER_ID = Status.PERMISSION_DENIED


def session_keys(key: Key, counter: int, uid: bytes) -> tuple[BlockCipher, BlockCipher]:
    """Derive SesTMENC and SesTMMAC; `counter` is the one that the commit will report."""
    context = counter.to_bytes(COUNTER_LENGTH, "little") + uid
    enc, mac = (cmac(key.cipher(), label + context) for label in (_ENC_LABEL, _MAC_LABEL))
    return BlockCipher(enc, AES_BLOCK), BlockCipher(mac, AES_BLOCK)


def encrypt_reader_id(enc: BlockCipher, reader_id: bytes) -> bytes:
    """Return EncTMRI: one block, zero IV, no padding."""
    return enc.encrypt(reader_id)


def _next_keys(state: ChipState, file: TransactionMacFile) -> tuple[BlockCipher, BlockCipher]:
    return session_keys(file.key, file.counter + 1, state.uid)


def note(state: ChipState, header: bytes, data: bytes = b"") -> None:
    """Add a command to the transaction MAC's input: header and data, each padded with zeros.

    [?] Records whose size is not a multiple of 16 are padded the same way.
    """
    found = transaction_mac_file(state)
    if found is None:
        return
    entry = pad_zero(header, AES_BLOCK) + pad_zero(data, AES_BLOCK)
    state.transaction.note(entry, lambda: _start(state, found[1]))


def _start(state: ChipState, file: TransactionMacFile) -> RunningMac:
    return RunningMac(_next_keys(state, file)[1])


def commit_reader_id(ins: int, state: ChipState, body: bytes) -> bytes:
    """CommitReaderID: TMRI. The answer, in a session, is the reader of the transaction before."""
    found = transaction_mac_file(state)  # none at the level of the card
    require(found is not None, Status.PERMISSION_DENIED)
    assert found is not None
    file = found[1]
    holder = file.head.rights.read_write
    require(holder != NEVER, Status.PERMISSION_DENIED)
    opened = state.session is not None and state.session.key_number == holder
    require(opened or holder == FREE, Status.AUTHENTICATION_ERROR)
    require_counter_left(state)
    require(state.transaction.reader_id is None, SECOND_READER_ID)
    before = b""
    if state.session is not None:
        before = encrypt_reader_id(_next_keys(state, file)[0], file.reader_id)
    note(state, bytes((ins,)) + body + before)
    state.transaction.reader_id = body
    return before


def commit_transaction(state: ChipState, body: bytes) -> bytes:
    """CommitTransaction: [option]; all that is pending becomes what the card holds, in one write.

    With option 01 the answer is TMC and TMV.
    """
    require(not state.at_picc_level, Status.PERMISSION_DENIED)
    require(not body or state.generation.knows_ev2, Status.LENGTH_ERROR)
    option = body[0] if body else 0
    require(option <= WITH_TRANSACTION_MAC, Status.PARAMETER_ERROR)
    found = transaction_mac_file(state)
    require(found is not None or option == 0, Status.PERMISSION_DENIED)
    pending, application = state.transaction, state.application
    # [?] Whether an EV2 session survives this answer: here it does not, as after any error.
    require(not pending.is_empty, Status.NO_CHANGES)
    if found is not None:
        require_counter_left(state)
    for number, draft in pending.drafts.items():
        application = application.with_file(number, draft.applied(application.files[number]))
    answer = b""
    if found is not None:
        number, before = found
        file = _counted(state, before, pending)
        application = application.with_file(number, file)
        answer = file.counter.to_bytes(COUNTER_LENGTH, "little") + file.mac
    state.transaction = Transaction()
    state.write_application(application)
    return answer if option else b""


def _counted(
    state: ChipState, file: TransactionMacFile, pending: Transaction
) -> TransactionMacFile:
    """Return the transaction MAC file after this transaction."""
    wanted = file.head.rights.read_write != NEVER
    require(pending.reader_id is not None or not wanted, COMMIT_WITHOUT_READER_ID)
    running = pending.mac or _start(state, file)
    return replace(
        file,
        counter=file.counter + 1,
        mac=truncate_odd(running.digest()),
        reader_id=pending.reader_id or file.reader_id,
    )


def abort_transaction(state: ChipState, _body: bytes) -> bytes:
    """AbortTransaction: forget what is pending, and the transaction MAC's input."""
    require(not state.at_picc_level, Status.PERMISSION_DENIED)
    require(not state.transaction.is_empty, Status.NO_CHANGES)
    state.transaction = Transaction()
    return b""
