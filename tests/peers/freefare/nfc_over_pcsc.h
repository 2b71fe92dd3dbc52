/* A PC/SC reader in the clothes of a libnfc device, as far as libfreefare asks.
 *
 * Debian's libnfc has no PC/SC driver. The functions of <nfc/nfc.h> that libfreefare calls for a
 * DESFire are defined here and, being in the program itself, taken before libnfc's own. */
#ifndef NFC_OVER_PCSC_H
#define NFC_OVER_PCSC_H

#include <nfc/nfc.h>

/* Open the first reader; NULL when there is none. It waits up to 10 s for a card. */
nfc_device *open_first_reader(void);

/* Let the card and the daemon go. */
void close_reader(nfc_device *device);

#endif
