/* Stories of files and transactions. */
#include "story.h"

#define LENGTH 100
#define ROOM 32 /* libfreefare leaves the MAC, or the CRC and its padding, behind what it read */
#define RIGHTS MDAR(MDAR_KEY0, MDAR_KEY0, MDAR_KEY0, MDAR_KEY0)
#define FREE MDAR(MDAR_FREE, MDAR_FREE, MDAR_FREE, MDAR_KEY0)

static const uint8_t MODES[] = {MDCM_PLAIN, MDCM_MACED, MDCM_ENCIPHERED};
enum { MODE_COUNT = sizeof MODES };

static void count_up(uint8_t *bytes, size_t length, uint8_t first)
{
    for (size_t n = 0; n < length; n++)
        bytes[n] = first + (uint8_t)n;
}

static bool reads(MifareTag card, uint8_t file, const uint8_t *wanted, size_t length)
{
    uint8_t found[LENGTH + ROOM] = {0};
    return mifare_desfire_read_data(card, file, 0, length, found) == (ssize_t)length
        && memcmp(found, wanted, length) == 0;
}

/* Longer than a frame both ways, in every mode. */
static void write_in_every_mode(MifareTag card)
{
    uint8_t written[LENGTH], part[4 + ROOM];
    count_up(written, sizeof written, 1);
    for (uint8_t file = 0; file < MODE_COUNT; file++) {
        DO(mifare_desfire_create_std_data_file(card, file, MODES[file], RIGHTS, LENGTH));
        DO(mifare_desfire_write_data(card, file, 0, LENGTH, written));
        HOLDS(reads(card, file, written, LENGTH));
        DO(mifare_desfire_write_data(card, file, 50, 4, "PASS"));
        DO(mifare_desfire_read_data(card, file, 50, 4, part));
        HOLDS(memcmp(part, "PASS", 4) == 0);
    }
}

void standard_files(MifareTag card)
{
    enter_new_application(card);
    write_in_every_mode(card);
    uint8_t *files;
    size_t count;
    DO(mifare_desfire_get_file_ids(card, &files, &count));
    HOLDS(count == MODE_COUNT);
    DO(mifare_desfire_delete_file(card, 1));
    REFUSED(mifare_desfire_delete_file(card, 1), FILE_NOT_FOUND);
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    REFUSED(mifare_desfire_write_data(card, 0, LENGTH - 2, 4, "PASS"), BOUNDARY_ERROR);
}

/* The same under a DES key: the oldest messaging (0A), then EV1's (1A). */
void des_application(MifareTag card)
{
    static uint8_t new_key[8] = {2, 4, 6, 8, 10, 12, 14, 16};
    MifareDESFireKey key = mifare_desfire_des_key_new(new_key);
    DO(mifare_desfire_create_application(card, our_application(), 0x0F, 2));
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_authenticate(card, 0, zero_des()));
    write_in_every_mode(card);
    DO(mifare_desfire_change_key(card, 0, key, NULL));
    DO(mifare_desfire_authenticate_iso(card, 0, key));
    for (uint8_t file = 0; file < MODE_COUNT; file++)
        DO(mifare_desfire_delete_file(card, file));
    write_in_every_mode(card);
    DO(mifare_desfire_change_key(card, 1, key, zero_des()));
    DO(mifare_desfire_authenticate_iso(card, 1, key));
}

/* And under a three-key DES key. */
void three_key_application(MifareTag card)
{
    static uint8_t zeros[24], counting[24];
    for (uint8_t n = 0; n < sizeof counting; n++)
        counting[n] = n;
    MifareDESFireKey zero = mifare_desfire_3k3des_key_new(zeros);
    MifareDESFireKey key = mifare_desfire_3k3des_key_new_with_version(counting);
    DO(mifare_desfire_create_application_3k3des(card, our_application(), 0x0F, 2));
    DO(mifare_desfire_select_application(card, our_application()));
    DO(mifare_desfire_authenticate_iso(card, 0, zero));
    write_in_every_mode(card);
    DO(mifare_desfire_change_key(card, 1, key, zero));
    DO(mifare_desfire_change_key(card, 0, key, NULL));
    DO(mifare_desfire_authenticate_iso(card, 0, key));
    DO(mifare_desfire_authenticate_iso(card, 1, key));
}

static void write_then_commit(MifareTag card, uint8_t file)
{
    uint8_t zeros[LENGTH] = {0}, written[LENGTH];
    count_up(written, sizeof written, file);
    DO(mifare_desfire_write_data(card, file, 0, LENGTH, written));
    HOLDS(reads(card, file, zeros, LENGTH)); /* the old state until the commit */
    DO(mifare_desfire_abort_transaction(card));
    HOLDS(reads(card, file, zeros, LENGTH));
    DO(mifare_desfire_write_data(card, file, 0, LENGTH, written));
    DO(mifare_desfire_commit_transaction(card));
    HOLDS(reads(card, file, written, LENGTH));
}

void backup_files(MifareTag card)
{
    enter_new_application(card);
    for (uint8_t file = 0; file < MODE_COUNT; file++) {
        DO(mifare_desfire_create_backup_data_file(card, file, MODES[file], RIGHTS, LENGTH));
        write_then_commit(card, file);
    }
    /* Written under one key, committed under another of the same application: EV1 keeps it. */
    DO(mifare_desfire_write_data(card, 0, 0, 4, "PASS"));
    DO(mifare_desfire_authenticate_aes(card, 1, zero_aes()));
    DO(mifare_desfire_commit_transaction(card));
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    HOLDS(reads(card, 0, (const uint8_t *)"PASS", 4));
}

static bool worth(MifareTag card, uint8_t file, int32_t wanted)
{
    int32_t found = -1;
    return mifare_desfire_get_value(card, file, &found) >= 0 && found == wanted;
}

static void spend(MifareTag card, uint8_t file)
{
    DO(mifare_desfire_create_value_file(card, file, MODES[file], RIGHTS, -50, 1000, 100, 1));
    HOLDS(worth(card, file, 100));
    DO(mifare_desfire_credit(card, file, 30));
    DO(mifare_desfire_debit(card, file, 80));
    HOLDS(worth(card, file, 100));
    DO(mifare_desfire_commit_transaction(card));
    HOLDS(worth(card, file, 50));
    DO(mifare_desfire_limited_credit(card, file, 80)); /* up to what was debited */
    DO(mifare_desfire_commit_transaction(card));
    HOLDS(worth(card, file, 130));
    DO(mifare_desfire_debit(card, file, 130));
    DO(mifare_desfire_abort_transaction(card));
    HOLDS(worth(card, file, 130));
}

void value_files(MifareTag card)
{
    enter_new_application(card);
    for (uint8_t file = 0; file < MODE_COUNT; file++)
        spend(card, file);
    REFUSED(mifare_desfire_debit(card, 0, 181), BOUNDARY_ERROR);
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    REFUSED(mifare_desfire_credit(card, 0, 871), BOUNDARY_ERROR);
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    REFUSED(mifare_desfire_limited_credit(card, 0, 1), BOUNDARY_ERROR);
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    HOLDS(worth(card, 0, 130));
}

static void add_record(MifareTag card, uint8_t file, uint8_t first)
{
    uint8_t record[10];
    count_up(record, sizeof record, first);
    DO(mifare_desfire_write_record(card, file, 0, sizeof record, record));
    DO(mifare_desfire_commit_transaction(card));
}

/* Say whether all records are these, oldest first. */
static bool records_begin(MifareTag card, uint8_t file, const uint8_t *firsts, size_t count)
{
    uint8_t found[128 + ROOM] = {0};
    ssize_t length = mifare_desfire_read_records(card, file, 0, 0, found);
    bool same = length == (ssize_t)(10 * count);
    for (size_t n = 0; n < count && same; n++)
        same = found[10 * n] == firsts[n] && found[10 * n + 9] == firsts[n] + 9;
    return same;
}

void linear_records(MifareTag card)
{
    static const uint8_t firsts[] = {10, 40, 70};
    enter_new_application(card);
    for (uint8_t file = 0; file < MODE_COUNT; file++) {
        DO(mifare_desfire_create_linear_record_file(card, file, MODES[file], RIGHTS, 10, 3));
        for (size_t n = 0; n < sizeof firsts; n++)
            add_record(card, file, firsts[n]);
        HOLDS(records_begin(card, file, firsts, sizeof firsts));
    }
    uint8_t record[10 + ROOM] = {0};
    REFUSED(mifare_desfire_write_record(card, 0, 0, 10, record), BOUNDARY_ERROR);
    DO(mifare_desfire_authenticate_aes(card, 0, zero_aes()));
    DO(mifare_desfire_clear_record_file(card, 0));
    DO(mifare_desfire_commit_transaction(card));
    REFUSED(mifare_desfire_read_records(card, 0, 0, 0, record), BOUNDARY_ERROR);
}

/* A cyclic file of four keeps three. */
void cyclic_records(MifareTag card)
{
    static const uint8_t kept[] = {30, 40, 50};
    enter_new_application(card);
    for (uint8_t file = 0; file < MODE_COUNT; file++) {
        DO(mifare_desfire_create_cyclic_record_file(card, file, MODES[file], RIGHTS, 10, 4));
        for (uint8_t first = 10; first <= 50; first += 10)
            add_record(card, file, first);
        HOLDS(records_begin(card, file, kept, sizeof kept));
        uint8_t newest[10 + ROOM];
        DO(mifare_desfire_read_records(card, file, 0, 1, newest));
        HOLDS(newest[0] == 50);
    }
}

/* What GetFileSettings tells, ChangeFileSettings changes, and a free right does to the mode. */
void file_settings(MifareTag card)
{
    struct mifare_desfire_file_settings told;
    enter_new_application(card);
    DO(mifare_desfire_create_std_data_file(card, 1, MDCM_ENCIPHERED, RIGHTS, LENGTH));
    DO(mifare_desfire_create_value_file(card, 2, MDCM_MACED, RIGHTS, -5, 500, 7, 1));
    DO(mifare_desfire_create_cyclic_record_file(card, 3, MDCM_PLAIN, RIGHTS, 10, 4));
    DO(mifare_desfire_get_file_settings(card, 1, &told));
    HOLDS(told.file_type == MDFT_STANDARD_DATA_FILE && told.access_rights == RIGHTS);
    HOLDS(told.communication_settings == MDCM_ENCIPHERED);
    HOLDS(told.settings.standard_file.file_size == LENGTH);
    DO(mifare_desfire_get_file_settings(card, 2, &told));
    HOLDS(told.settings.value_file.lower_limit == -5);
    HOLDS(told.settings.value_file.upper_limit == 500);
    DO(mifare_desfire_get_file_settings(card, 3, &told));
    HOLDS(told.settings.linear_record_file.max_number_of_records == 4);
    HOLDS(told.settings.linear_record_file.current_number_of_records == 0);
    DO(mifare_desfire_change_file_settings(card, 1, MDCM_ENCIPHERED, FREE));
    DO(mifare_desfire_get_file_settings(card, 1, &told));
    HOLDS(told.access_rights == FREE);
    DO(mifare_desfire_write_data(card, 1, 0, 4, "PASS")); /* plain now, inside the session */
    HOLDS(reads(card, 1, (const uint8_t *)"PASS", 4));
    DO(mifare_desfire_select_application(card, our_application()));
    HOLDS(reads(card, 1, (const uint8_t *)"PASS", 4)); /* and without one */
}
