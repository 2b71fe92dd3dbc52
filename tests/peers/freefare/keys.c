/* Stories of keys and applications. */
#include "story.h"

MifareDESFireKey zero_des(void)
{
    static uint8_t zeros[8];
    return mifare_desfire_des_key_new(zeros);
}

MifareDESFireKey zero_aes(void)
{
    static uint8_t zeros[16];
    return mifare_desfire_aes_key_new(zeros);
}

MifareDESFireKey counting_aes(uint8_t first, uint8_t version)
{
    uint8_t value[16];
    for (uint8_t n = 0; n < sizeof value; n++)
        value[n] = first + n;
    return mifare_desfire_aes_key_new_with_version(value, version);
}

MifareDESFireAID our_application(void)
{
    return mifare_desfire_aid_new(0x5092F5);
}

void enter_new_application(MifareTag card)
{
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_create_application_aes(card, our_application(), 0x0F, 3));
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
}

/* What anybody may ask. */
void look(MifareTag card)
{
    struct mifare_desfire_version_info version;
    DO(mifare_desfire_get_version(card, &version));
    uint8_t settings, keys, key_version;
    DO(mifare_desfire_get_key_settings(card, &settings, &keys));
    DO(mifare_desfire_get_key_version(card, 0, &key_version));
    uint32_t free_bytes;
    DO(mifare_desfire_free_mem(card, &free_bytes));
    MifareDESFireAID *applications;
    size_t count;
    DO(mifare_desfire_get_application_ids(card, &applications, &count));
    printf("uid ");
    for (size_t n = 0; n < sizeof version.uid; n++)
        printf("%02x", version.uid[n]);
    printf("\nhardware %02x %u.%u\nsettings %02x\nkeys %u\nkey_version %u\napplications %zu\n",
           version.hardware.type, version.hardware.version_major, version.hardware.version_minor,
           settings, keys, key_version, count);
    HOLDS(free_bytes > 0);
}

static void change_application_keys(MifareTag card)
{
    uint8_t version;
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    DO(mifare_desfire_change_key(card, 1, counting_aes(16, 3), zero_aes()));
    DO(mifare_desfire_get_key_version(card, 1, &version));
    HOLDS(version == 3);
    DO(mifare_desfire_change_key(card, 0, counting_aes(0, 5), NULL));
    DO(mifare_desfire_authenticate_aes(card, 0, counting_aes(0, 5)));
    DO(mifare_desfire_get_key_version(card, 0, &version));
    HOLDS(version == 5);
    DO(mifare_desfire_authenticate_aes(card, 1, counting_aes(16, 3)));
}

/* From the factory's DES key to an AES application with two keys changed. */
void personalise(MifareTag card)
{
    char *uid;
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_get_card_uid(card, &uid));
    printf("uid_under_des %s\n", uid);
    DO(mifare_desfire_change_key(card, 0, counting_aes(32, 7), NULL));
    DO(mifare_desfire_authenticate_aes(card, 0, counting_aes(32, 7)));
    DO(mifare_desfire_create_application_aes(card, our_application(), 0x0F, 2));
    change_application_keys(card);
    DO(mifare_desfire_get_card_uid(card, &uid));
    printf("uid_under_aes %s\n", uid);
}

/* Wrong keys, wrong numbers, and a session that an error ended. */
void refuse(MifareTag card)
{
    enter_new_application(card);
    REFUSED(mifare_desfire_authenticate_aes(card, 9, zero_aes()), NO_SUCH_KEY);
    REFUSED(mifare_desfire_authenticate_aes(card, 0, counting_aes(1, 0)), AUTHENTICATION_ERROR);
    REFUSED(mifare_desfire_authenticate_iso(card, 0, zero_des()), AUTHENTICATION_ERROR);
    REFUSED(mifare_desfire_select_application(card, mifare_desfire_aid_new(0x123456)),
            APPLICATION_NOT_FOUND);
    DO(mifare_desfire_select_application(card, NULL));
    REFUSED(mifare_desfire_create_application_aes(card, our_application(), 0x0F, 1),
            DUPLICATE_ERROR);
}

/* Key settings, a second application, and deletion from both sides. */
void settle(MifareTag card)
{
    uint8_t settings, keys;
    MifareDESFireAID *applications;
    size_t count;
    enter_new_application(card);
    DO(mifare_desfire_change_key_settings(card, 0x0B));
    DO(mifare_desfire_get_key_settings(card, &settings, &keys));
    HOLDS(settings == 0x0B && (keys & 0x0F) == 3);
    DO(mifare_desfire_select_application(card, NULL));
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_create_application(card, mifare_desfire_aid_new(0x112233), 0x0F, 1));
    DO(mifare_desfire_get_application_ids(card, &applications, &count));
    HOLDS(count == 2 && mifare_desfire_aid_get_aid(applications[0]) == 0x5092F5);
    DO(mifare_desfire_delete_application(card, our_application()));
    DO(mifare_desfire_get_application_ids(card, &applications, &count));
    HOLDS(count == 1 && mifare_desfire_aid_get_aid(applications[0]) == 0x112233);
}

/* The oldest authentication (0A), as an EV1 still speaks it. */
void legacy(MifareTag card)
{
    uint8_t settings, keys;
    DO(mifare_desfire_authenticate(card, 0, zero_des()));
    DO(mifare_desfire_get_key_settings(card, &settings, &keys));
    HOLDS(settings == 0x0F);
    DO(mifare_desfire_create_application_aes(card, our_application(), 0x0F, 1));
    DO(mifare_desfire_change_key(card, 0, counting_aes(32, 7), NULL));
    DO(mifare_desfire_authenticate_aes(card, 0, counting_aes(32, 7)));
}

/* FormatPICC: applications go, the PICC key and its settings stay. */
void format(MifareTag card)
{
    MifareDESFireAID *applications;
    size_t count;
    enter_new_application(card);
    DO(mifare_desfire_select_application(card, NULL));
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_format_picc(card)); /* libfreefare believes that this ends the session */
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_get_application_ids(card, &applications, &count));
    HOLDS(count == 0);
}

/* Applications and files with ISO names beside their numbers. */
void iso_names(MifareTag card)
{
    uint8_t name[] = {'P', 'A', 'S', 'S'};
    MifareDESFireDF *found;
    uint16_t *files;
    size_t count;
    DO(mifare_desfire_create_application_aes_iso(card, our_application(), 0x0F, 1, 1, 0x1234, name,
                                                 sizeof name));
    DO(mifare_desfire_get_df_names(card, &found, &count));
    HOLDS(count == 1 && found->aid == 0x5092F5 && found->fid == 0x1234);
    HOLDS(found->df_name_len == sizeof name && memcmp(found->df_name, name, sizeof name) == 0);
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    DO(mifare_desfire_create_std_data_file_iso(card, 1, MDCM_PLAIN, 0xEEE0, 8, 0xE105));
    DO(mifare_desfire_create_std_data_file_iso(card, 2, MDCM_PLAIN, 0xEEE0, 8, 0xE106));
    REFUSED(mifare_desfire_create_std_data_file(card, 3, MDCM_PLAIN, 0xEEE0, 8), LENGTH_ERROR);
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_get_iso_file_ids(card, &files, &count)); /* in a session it lists the MAC */
    HOLDS(count == 2 && files[0] == 0xE105 && files[1] == 0xE106);
}

/* SetConfiguration: the key new applications are given. */
void configure(MifareTag card)
{
    uint8_t version;
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_set_default_key(card, counting_aes(48, 9)));
    DO(mifare_desfire_create_application_aes(card, our_application(), 0x0F, 2));
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_authenticate_aes(card, 1, counting_aes(48, 9)));
    DO(mifare_desfire_get_key_version(card, 0, &version));
    HOLDS(version == 0x55); /* libfreefare sends the key's parity bits as if it were a DES key */
}

/* SetConfiguration: the ATS, whose length the card is not told: its padding begins with 80. */
void answer_to_select(MifareTag card)
{
    static uint8_t ats[] = {0x06, 0x75, 0x77, 0x81, 0x02, 0x80};
    DO(mifare_desfire_authenticate_iso(card, 0, zero_des()));
    DO(mifare_desfire_set_ats(card, ats));
    DO(mifare_desfire_set_configuration(card, false, false));
}
