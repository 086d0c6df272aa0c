"""Lists as a payment company keeps them, for journeys through the registers."""

VENDORS = """\
Name,Service,Criticality,Owner,Holds customer data,Holds card data,Next review,\
Incident contact,Alternative
Cloud AG,Machines and network,critical,eve@example.org,yes,no,2027-01-31,\
soc@cloud.example,A second region
Acquirer Bank,Card acquiring,critical,eve@example.org,yes,yes,2027-02-28,\
desk@bank.example,A second acquirer
Mail GmbH,Mails to merchants,minor,eve@example.org,yes,no,2027-03-31,,
"""
TOKENS = """\
System,Name,Fingerprint,Kind,Owner,Purpose,Scopes,Environment,Created on,Last used on,Rotate by
Processor,settlement reader,9f86d081884c7d65,API token,eve@example.org,\
Reads settlement files,settlements:read,production,2026-01-10,2026-11-20,2027-01-10
Processor,refund writer,sha256:0a1b2c3d,API token,eve@example.org,\
Writes refunds,*,production,2025-01-10,2026-03-01,2026-06-30
"""
