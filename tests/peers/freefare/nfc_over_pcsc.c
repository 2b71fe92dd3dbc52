#include "nfc_over_pcsc.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#define READER_NAMES_MAX 4096
#define ARRIVAL_MILLISECONDS_MAX 10000
#define UID_LENGTH_MAX 10

struct nfc_device {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    bool connected;
    int last_error;
    char reader[READER_NAMES_MAX];
};

static int failed(nfc_device *device, int error)
{
    device->last_error = error;
    return error;
}

static bool await_card(nfc_device *device)
{
    SCARD_READERSTATE state = {.szReader = device->reader, .dwCurrentState = SCARD_STATE_EMPTY};
    if (SCardGetStatusChange(device->context, 0, &state, 1) == SCARD_S_SUCCESS
        && state.dwEventState & SCARD_STATE_PRESENT)
        return true;
    state.dwCurrentState = SCARD_STATE_EMPTY;
    return SCardGetStatusChange(device->context, ARRIVAL_MILLISECONDS_MAX, &state, 1)
               == SCARD_S_SUCCESS
        && state.dwEventState & SCARD_STATE_PRESENT;
}

nfc_device *open_first_reader(void)
{
    nfc_device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return NULL;
    DWORD length = sizeof device->reader;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &device->context) != SCARD_S_SUCCESS
        || SCardListReaders(device->context, NULL, device->reader, &length) != SCARD_S_SUCCESS
        || !await_card(device)) {
        free(device);
        return NULL;
    }
    return device;
}

void close_reader(nfc_device *device)
{
    nfc_initiator_deselect_target(device);
    SCardReleaseContext(device->context);
    free(device);
}

static int transmit(nfc_device *device, const uint8_t *command, size_t length, uint8_t *answer,
                    size_t room)
{
    const SCARD_IO_REQUEST *clothes = device->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0
                                                                            : SCARD_PCI_T1;
    DWORD received = room;
    if (SCardTransmit(device->card, clothes, command, length, NULL, answer, &received)
            != SCARD_S_SUCCESS
        || received == 0)
        return failed(device, NFC_ERFTRANS);
    return (int)received;
}

/* What anti-collision and RATS would have told of a DESFire; only the UID is the card's own. */
static int describe(nfc_device *device, nfc_target *target)
{
    static const uint8_t get_uid[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
    static const uint8_t atqa[] = {0x03, 0x44}, ats[] = {0x75, 0x77, 0x81, 0x02, 0x80};
    uint8_t uid[UID_LENGTH_MAX + 2];
    int length = transmit(device, get_uid, sizeof get_uid, uid, sizeof uid);
    if (length < 2)
        return failed(device, NFC_ERFTRANS);
    memset(target, 0, sizeof *target);
    target->nm.nmt = NMT_ISO14443A;
    target->nm.nbr = NBR_106;
    nfc_iso14443a_info *told = &target->nti.nai;
    memcpy(told->abtAtqa, atqa, sizeof atqa);
    told->btSak = 0x20;
    told->szUidLen = (size_t)length - 2;
    memcpy(told->abtUid, uid, told->szUidLen);
    told->szAtsLen = sizeof ats;
    memcpy(told->abtAts, ats, sizeof ats);
    return 1;
}

int nfc_initiator_init(nfc_device *device)
{
    device->last_error = 0;
    return 0;
}

int nfc_device_set_property_bool(nfc_device *device, const nfc_property property, const bool on)
{
    (void)device, (void)property, (void)on; /* PC/SC leaves the radio to the reader */
    return 0;
}

int nfc_initiator_select_passive_target(nfc_device *device, const nfc_modulation modulation,
                                        const uint8_t *wanted, const size_t wanted_length,
                                        nfc_target *target)
{
    (void)wanted, (void)wanted_length; /* one card at a time */
    if (modulation.nmt != NMT_ISO14443A)
        return 0;
    if (!device->connected) {
        if (SCardConnect(device->context, device->reader, SCARD_SHARE_EXCLUSIVE,
                         SCARD_PROTOCOL_ANY, &device->card, &device->protocol)
            != SCARD_S_SUCCESS)
            return failed(device, NFC_ETGRELEASED);
        device->connected = true;
    }
    return describe(device, target);
}

int nfc_initiator_list_passive_targets(nfc_device *device, const nfc_modulation modulation,
                                       nfc_target targets[], const size_t room)
{
    if (room == 0)
        return 0;
    int found = nfc_initiator_select_passive_target(device, modulation, NULL, 0, targets);
    nfc_initiator_deselect_target(device);
    return found < 0 ? 0 : found;
}

int nfc_initiator_deselect_target(nfc_device *device)
{
    if (device->connected)
        SCardDisconnect(device->card, SCARD_RESET_CARD);
    device->connected = false;
    return 0;
}

int nfc_initiator_transceive_bytes(nfc_device *device, const uint8_t *command,
                                   const size_t length, uint8_t *answer, const size_t room,
                                   int timeout)
{
    (void)timeout; /* the reader has its own */
    if (!device->connected)
        return failed(device, NFC_ETGRELEASED);
    return transmit(device, command, length, answer, room);
}

int nfc_device_get_last_error(const nfc_device *device)
{
    return device->last_error;
}

const char *nfc_strerror(const nfc_device *device)
{
    return device->last_error == 0 ? "Success" : "PC/SC could not reach the card";
}
