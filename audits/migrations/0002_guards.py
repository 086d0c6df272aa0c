"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "audits_accessnote",
    "audits_answeritem",
    "audits_assertion",
    "audits_assertionsignature",
    "audits_boundinvitation",
    "audits_buyeragreement",
    "audits_buyerdecision",
    "audits_buyergrant",
    "audits_buyerhandout",
    "audits_buyerrequest",
    "audits_buyerrevocation",
    "audits_descriptionrevision",
    "audits_draw",
    "audits_engagementchange",
    "audits_finding",
    "audits_findingentry",
    "audits_holidaycalendar",
    "audits_occurrencechange",
    "audits_pack",
    "audits_packask",
    "audits_packcover",
    "audits_packfile",
    "audits_packstamps",
    "audits_populationpart",
    "audits_requestentry",
    "audits_reverseentry",
    "audits_reversetest",
    "audits_sampleattribute",
    "audits_sampleitem",
    "audits_sampleresult",
    "audits_sealedpopulation",
    "audits_trustswitch",
    "audits_userentitywording",
    "audits_walkthrough",
    "audits_worksheetentry",
)


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_tables")]
    operations = [operation for table in TABLES for operation in operations(table)]
