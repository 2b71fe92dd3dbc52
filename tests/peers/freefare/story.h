/* What every story is made of: a card, and calls that must succeed or must be refused. */
#ifndef STORY_H
#define STORY_H

#include <freefare.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Run a call that succeeds; end the program with the library's words when it does not. */
#define DO(call)                                                                                   \
    do {                                                                                           \
        if ((call) < 0)                                                                            \
            give_up(card, #call, __LINE__);                                                        \
    } while (0)

/* Run a call that the card refuses with this status. */
#define REFUSED(call, status)                                                                      \
    do {                                                                                           \
        if ((call) >= 0 || mifare_desfire_last_picc_error(card) != (status))                       \
            give_up(card, #call " refused with " #status, __LINE__);                               \
    } while (0)

/* State a fact. */
#define HOLDS(fact)                                                                                \
    do {                                                                                           \
        if (!(fact))                                                                               \
            give_up(card, #fact, __LINE__);                                                        \
    } while (0)

_Noreturn void give_up(MifareTag card, const char *what, int line);

/* Keys of the stories. Each call makes a new one; the few bytes are left to the end of the run. */
MifareDESFireKey zero_des(void);
MifareDESFireKey zero_aes(void);
MifareDESFireKey counting_aes(uint8_t first, uint8_t version);

/* The application of the stories: AID 5092F5 as printed, F59250 on the wire. */
MifareDESFireAID our_application(void);

/* Create it with three zero AES keys, select it and authenticate with key 0. */
void enter_new_application(MifareTag card);

void look(MifareTag card);
void personalise(MifareTag card);
void refuse(MifareTag card);
void settle(MifareTag card);
void legacy(MifareTag card);
void format(MifareTag card);

void standard_files(MifareTag card);
void des_application(MifareTag card);
void three_key_application(MifareTag card);
void iso_names(MifareTag card);
void configure(MifareTag card);
void answer_to_select(MifareTag card);
void backup_files(MifareTag card);
void value_files(MifareTag card);
void linear_records(MifareTag card);
void cyclic_records(MifareTag card);
void file_settings(MifareTag card);

#endif
