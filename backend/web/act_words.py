"""What each act is called where a trail of them is read, in two languages."""

from collections.abc import Mapping
from typing import Final

from backend.web.words import Text

ACTS: Final[Mapping[str, Text]] = {
    "email_change_asked": Text("changement d’adresse demandé", "change of address asked for"),
    "email_change_approved": Text("changement d’adresse confirmé", "change of address confirmed"),
    "email_change_agreed": Text("changement d’adresse confirmé", "change of address confirmed"),
    "email_change_refused": Text("changement d’adresse refusé", "change of address refused"),
    "email_changed": Text("adresse changée", "address changed"),
    "counter_made": Text("caisse ajoutée", "till added"),
    "counter_code_renewed": Text("nouveau code de caisse", "new code for a till"),
    "counter_revoked": Text("caisse révoquée", "till revoked"),
    "events_changed": Text(
        "envoi des événements d’un partenaire modifié", "sending of a partner’s events changed"
    ),
    "people_searched": Text("recherche de personnes", "people looked for"),
    "person_read": Text("fiche consultée", "person looked at"),
    "account_read": Text("compte consulté", "account looked at"),
    "trail_exported": Text("journal exporté", "trail exported"),
    "consent_given": Text("accord donné", "agreement given"),
    "consent_withdrawn": Text("accord retiré", "agreement withdrawn"),
    "person_erased": Text("personne effacée", "person erased"),
    "erasure_refused": Text("effacement refusé", "erasure refused"),
    "card_blocked": Text("carte bloquée", "card blocked"),
    "code_link_sent": Text("lien de code envoyé", "link for a code sent"),
    "code_change_forced": Text("changement de code demandé", "change of code asked for"),
    "grant_given": Text("dotation accordée", "amount granted"),
    "factor_taken_away": Text("double vérification retirée", "second factor taken away"),
    "sessions_ended": Text("connexions fermées", "sessions ended"),
    "account_closed": Text("compte fermé", "account closed"),
    "seen_as_begun": Text("« voir comme » commencé", "“see as” begun"),
    "seen_as_page": Text("« voir comme » : page vue", "“see as”: page seen"),
    "seen_as_ended": Text("« voir comme » terminé", "“see as” ended"),
    "partner_suspended": Text("partenaire suspendu", "partner suspended"),
    "partner_resumed": Text("suspension levée", "suspension lifted"),
    "outlet_closed": Text("lieu fermé", "place closed"),
    "outlet_reopened": Text("lieu rouvert", "place opened again"),
    "terminal_revoked": Text("terminal révoqué", "terminal revoked"),
    "campaign_opened": Text("campagne ouverte", "campaign opened"),
    "campaign_extended": Text("campagne prolongée", "campaign extended"),
    "campaign_closed": Text("campagne close", "campaign closed"),
    "benefit_added": Text("avantage ajouté", "benefit added"),
    "alarm_released": Text("alerte traitée", "alarm dealt with"),
    "mail_tried_again": Text("courriel relancé", "mail tried again"),
    "operator_invited": Text("exploitant ajouté", "operator added"),
    "operator_changed": Text("rôle changé", "role changed"),
    "operator_taken_away": Text("rôle retiré", "role taken away"),
    "passkey_added": Text("clé d’accès ajoutée", "passkey added"),
    "passkey_removed": Text("clé d’accès retirée", "passkey removed"),
    "passkey_counter_regressed": Text("clé d’accès peut-être copiée", "passkey perhaps copied"),
    "code_chosen": Text("code choisi", "code chosen"),
    "card_reported": Text("carte déclarée perdue ou volée", "card reported lost or stolen"),
    "card_ordered": Text("carte commandée", "card ordered"),
    "card_activated": Text("carte mise en service", "card put into service"),
    "data_exported": Text("données emportées", "data taken away"),
    "erasure_asked": Text("effacement demandé", "erasure asked for"),
    "erasure_withdrawn": Text("demande d’effacement retirée", "request for erasure withdrawn"),
    "address_confirmed": Text("adresse dite juste", "address said to be right"),
    "referent_added": Text("référent ajouté", "referent added"),
    "referent_ended": Text("référent retiré", "referent taken away"),
    "cards_ordered": Text("cartes commandées", "cards ordered"),
    "card_order_cancelled": Text("commande de carte annulée", "order of a card cancelled"),
    "card_received": Text("carte reçue", "card arrived"),
    "cards_handed_over": Text("cartes remises", "cards handed over"),
    "card_replaced": Text("carte remplacée", "card replaced"),
    "card_withdrawn": Text("carte retirée", "card withdrawn"),
    "photo_given": Text("photo donnée", "photo given"),
    "photo_taken_away": Text("photo retirée", "photo taken away"),
    "day_code_given": Text("code du jour donné", "code of the day given"),
    "pupils_imported": Text("élèves importés", "pupils imported"),
    "procedure_changed": Text("procédure d’établissement modifiée", "school’s procedure changed"),
    "identity_linked": Text("FranceConnect rattaché", "FranceConnect tied"),
    "identity_unlinked": Text("FranceConnect détaché", "FranceConnect untied"),
    "family_made": Text("famille créée", "family made"),
    "member_invited": Text("parent invité", "parent invited"),
    "member_joined": Text("parent arrivé", "parent joined"),
    "member_left": Text("parent parti", "parent left"),
    "member_removed": Text("parent retiré", "parent removed"),
    "invitation_withdrawn": Text("invitation retirée", "invitation withdrawn"),
    "organisation_made": Text("organisme créé", "organisation made"),
    "organisation_changed": Text("fiche d’organisme modifiée", "organisation changed"),
    "organisation_invited": Text(
        "gestionnaire d’organisme invité", "organisation’s keeper invited"
    ),
    "organisation_uninvited": Text(
        "invitation à un organisme retirée", "invitation to an organisation withdrawn"
    ),
    "organisation_joined": Text("gestionnaire d’organisme arrivé", "organisation’s keeper joined"),
    "organisation_left": Text("gestionnaire d’organisme parti", "organisation’s keeper left"),
    "organisation_put_out": Text(
        "gestionnaire d’organisme retiré", "organisation’s keeper removed"
    ),
    "organisation_asked": Text(
        "organisme : demande de partenariat", "organisation: asked to be a partner"
    ),
    "organisation_withdrawn": Text(
        "organisme : demande retirée", "organisation: request withdrawn"
    ),
    "organisation_accepted": Text(
        "organisme accepté comme partenaire", "organisation accepted as a partner"
    ),
    "organisation_refused": Text("organisme refusé", "organisation refused"),
    "document_given": Text("pièce d’organisme donnée", "organisation’s document given"),
    "document_taken_away": Text("pièce d’organisme retirée", "organisation’s document taken away"),
    "document_read": Text("pièce d’organisme lue", "organisation’s document read"),
    "suggestion_made": Text("partenaire proposé", "partner suggested"),
    "suggestion_withdrawn": Text(
        "proposition de partenaire retirée", "suggestion of a partner withdrawn"
    ),
    "suggestion_invited": Text("structure proposée invitée", "suggested organisation invited"),
    "suggestion_set_aside": Text(
        "proposition de partenaire écartée", "suggestion of a partner set aside"
    ),
    "tie_asked": Text("rattachement demandé", "tie asked for"),
    "tie_approved": Text("rattachement accordé", "tie granted"),
    "tie_refused": Text("rattachement refusé", "tie refused"),
    "tie_withdrawn": Text("demande de rattachement retirée", "request for a tie withdrawn"),
    "child_added": Text("enfant ajouté", "child added"),
    "child_removed": Text("enfant retiré", "child removed"),
    "own_account_invited": Text("compte propre proposé", "own account offered"),
    "own_account_tied": Text("compte propre ouvert", "own account opened"),
    "own_account_ended": Text("compte propre fermé", "own account closed"),
}
