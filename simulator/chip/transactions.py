"""Transactions: commit, abort, and the transaction MAC that proves what was committed.

Data sheet MF2DL(H)x0 §10.3.4. No transaction MAC of real silicon is public: keys, truncation and
CBC are pinned to published vectors, the layout of the input to the data sheet's text.
"""

from dataclasses import replace

from simulator.chip.access import require_counter_left, transaction_mac_file
from simulator.chip.crypto import AES_BLOCK, BlockCipher, RunningMac, cmac, pad_zero, truncate_odd
from simulator.chip.drafts import Transaction
from simulator.chip.files import FREE, NEVER, File, TransactionMacFile
from simulator.chip.keys import Key
from simulator.chip.state import SECONDARY, ChipState
from simulator.chip.status import Status, require

WITH_TRANSACTION_MAC = 0x01
COUNTER_LENGTH = 4
# The data sheet's prose says 31 and 32; its formula and all published code say these.
_MAC_LABEL, _ENC_LABEL = bytes.fromhex("5A00010080"), bytes.fromhex("A500010080")
# A commit without the CommitReaderID that the file asks for; a second one in a transaction.
COMMIT_WITHOUT_READER_ID = Status.PERMISSION_DENIED
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


def note(state: ChipState, near: int, header: bytes, data: bytes = b"") -> None:
    """Add a command on a file to its application's transaction MAC: header and data.

    Each is padded with zeros; so are records whose size is not a multiple of 16.
    """
    found = transaction_mac_file(state, near)
    if found is None:
        return
    entry = pad_zero(header, AES_BLOCK) + pad_zero(data, AES_BLOCK)
    state.transaction.note(near & SECONDARY, entry, lambda: _start(state, found[1]))


def _start(state: ChipState, file: TransactionMacFile) -> RunningMac:
    return RunningMac(_next_keys(state, file)[1])


def commit_reader_id(ins: int, state: ChipState, body: bytes) -> bytes:
    """CommitReaderID: TMRI. The answer, in a session, is the reader of the transaction before."""
    found = _first_mac_file(state)  # none at the level of the card
    require(found is not None, Status.PERMISSION_DENIED)
    assert found is not None
    number, file = found
    holder = file.head.rights.read_write
    require(holder != NEVER, Status.PERMISSION_DENIED)
    key = holder | number & SECONDARY
    opened = state.session is not None and state.session.key_number == key
    require(opened or holder == FREE, Status.AUTHENTICATION_ERROR)
    require_counter_left(state, number)
    require(state.transaction.reader_id is None, SECOND_READER_ID)
    before = b""
    if state.session is not None:
        before = encrypt_reader_id(_next_keys(state, file)[0], file.reader_id)
    note(state, number, bytes((ins,)) + body + before)
    state.transaction.reader_id = body
    return before


def _first_mac_file(state: ChipState) -> tuple[int, TransactionMacFile] | None:
    """Return the transaction MAC file of the first of the selected applications that has one."""
    return transaction_mac_file(state, 0) or transaction_mac_file(state, SECONDARY)


def commit_transaction(state: ChipState, body: bytes) -> bytes:
    """CommitTransaction: [option]; all that is pending becomes what the card holds, in one write.

    With option 01 the answer is TMC and TMV.
    """
    require(not state.at_picc_level, Status.PERMISSION_DENIED)
    require(not body or state.generation.knows_ev2, Status.LENGTH_ERROR)
    option = body[0] if body else 0
    require(option <= WITH_TRANSACTION_MAC, Status.PARAMETER_ERROR)
    require(_first_mac_file(state) is not None or option == 0, Status.PERMISSION_DENIED)
    pending = state.transaction
    # An EV2 session does not survive this answer, as none survives an error.
    require(not pending.is_empty, Status.NO_CHANGES)
    changed: dict[int, File] = {
        number: draft.applied(state.file(number)) for number, draft in pending.drafts.items()
    }
    answer = b""
    for number, before in _mac_files_touched(state, pending):
        require_counter_left(state, number)
        file = _counted(state, number, before, pending)
        changed[number] = file
        answer = answer or file.counter.to_bytes(COUNTER_LENGTH, "little") + file.mac
    state.transaction = Transaction()
    state.write_files(changed)
    return answer if option else b""


def _mac_files_touched(
    state: ChipState, pending: Transaction
) -> list[tuple[int, TransactionMacFile]]:
    """Return the transaction MAC file of each selected application that the transaction touched."""
    touched = {number & SECONDARY for number in pending.drafts} | set(pending.macs)
    found = [transaction_mac_file(state, side) for side in sorted(touched)]
    return [one for one in found if one is not None]


def _counted(
    state: ChipState, number: int, file: TransactionMacFile, pending: Transaction
) -> TransactionMacFile:
    """Return the transaction MAC file after this transaction."""
    wanted = file.head.rights.read_write != NEVER
    require(pending.reader_id is not None or not wanted, COMMIT_WITHOUT_READER_ID)
    running = pending.macs.get(number & SECONDARY) or _start(state, file)
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
