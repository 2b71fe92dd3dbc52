/* Tell one story to the card in the first reader, through libfreefare's public functions. */
#include "nfc_over_pcsc.h"
#include "story.h"

static const struct {
    const char *name;
    void (*tell)(MifareTag card);
} STORIES[] = {
    {"look", look},
    {"personalise", personalise},
    {"refuse", refuse},
    {"settle", settle},
    {"legacy", legacy},
    {"format", format},
    {"standard", standard_files},
    {"des", des_application},
    {"three-key", three_key_application},
    {"iso", iso_names},
    {"configure", configure},
    {"ats", answer_to_select},
    {"backup", backup_files},
    {"value", value_files},
    {"linear", linear_records},
    {"cyclic", cyclic_records},
    {"settings", file_settings},
};

void give_up(MifareTag card, const char *what, int line)
{
    fprintf(stderr, "line %d: %s\n  library: %s, card's last status %02X, library's %02X\n", line,
            what, freefare_strerror(card), mifare_desfire_last_picc_error(card),
            mifare_desfire_last_pcd_error(card));
    exit(EXIT_FAILURE);
}

static void tell(MifareTag card, const char *name)
{
    for (size_t n = 0; n < sizeof STORIES / sizeof *STORIES; n++) {
        if (strcmp(STORIES[n].name, name) != 0)
            continue;
        DO(mifare_desfire_connect(card));
        STORIES[n].tell(card);
        DO(mifare_desfire_disconnect(card));
        return;
    }
    give_up(card, "no such story", __LINE__);
}

int main(int count, char **words)
{
    nfc_device *device = count == 2 ? open_first_reader() : NULL;
    MifareTag *cards = device == NULL ? NULL : freefare_get_tags(device);
    if (cards == NULL || cards[0] == NULL || freefare_get_tag_type(cards[0]) != DESFIRE) {
        fprintf(stderr, "give a story's name, and a DESFire in the first reader\n");
        return EXIT_FAILURE;
    }
    tell(cards[0], words[1]);
    freefare_free_tags(cards);
    close_reader(device);
    return EXIT_SUCCESS;
}
