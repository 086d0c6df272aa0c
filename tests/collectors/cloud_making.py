"""What is made in moto for each collector of AWS to find."""

import json
from datetime import UTC, datetime

import trustme

from tests.collectors.clouds import ACCOUNT, HOME, OTHER, Maker

OWNED = [{"Key": "owner", "Value": "Alice"}]
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
WIDENS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["iam:Put*"], "Resource": ["*"]}],
}
READS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
LENDS = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}


def nothing(_make: Maker) -> None:
    """What moto lacks needs no making."""


def users(make: Maker) -> None:
    iam = make("iam")
    for name in ("alice", "ci"):
        iam.create_user(UserName=name)
    iam.create_login_profile(UserName="alice", Password="correct horse battery 9!")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )
    iam.create_access_key(UserName="ci")


def keys(make: Maker) -> None:
    iam = make("iam")
    iam.create_user(UserName="ci", Tags=OWNED)
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="ci")
    old = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="ci", AccessKeyId=old, Status="Inactive")


def privileged(make: Maker) -> None:
    iam = make("iam")
    tags = [*OWNED, {"Key": "Reason", "Value": "break glass"}, {"Key": "shared", "Value": "no"}]
    for name in ("alice", "bob", "carol"):
        iam.create_user(UserName=name, Tags=tags if name == "alice" else [])
    made = iam.create_policy(PolicyName="all", PolicyDocument=json.dumps(ANYTHING))
    iam.attach_user_policy(UserName="alice", PolicyArn=made["Policy"]["Arn"])
    iam.put_user_policy(UserName="carol", PolicyName="reads", PolicyDocument=json.dumps(READS))
    iam.create_group(GroupName="admins")
    iam.put_group_policy(
        GroupName="admins", PolicyName="everything", PolicyDocument=json.dumps(ANYTHING)
    )
    iam.add_user_to_group(GroupName="admins", UserName="bob")
    for name, document in (("deploy", WIDENS), ("web", READS)):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(LENDS))
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(document))


def trails(make: Maker) -> None:
    make("s3").create_bucket(Bucket="trails")
    trails = make("cloudtrail")
    trails.create_trail(
        Name="house",
        S3BucketName="trails",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
    )
    trails.start_logging(Name="house")
    trails.put_event_selectors(
        TrailName="house",
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}],
    )
    make("cloudtrail", OTHER).create_trail(Name="asleep", S3BucketName="trails")


def kms(make: Maker) -> None:
    kms = make("kms")
    tags = [{"TagKey": "owner", "TagValue": "Alice"}]
    turning = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=turning)
    kms.rotate_key_on_demand(KeyId=turning)
    make("kms", OTHER).create_key()
    leaving = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=leaving)


def secrets(make: Maker) -> None:
    make("secretsmanager").create_secret(Name="card", SecretString="planted-word", Tags=OWNED)
    make("secretsmanager", OTHER).create_secret(Name="mail", SecretString="planted-word")


def databases(make: Maker) -> None:
    rds = make("rds")
    common = {"MasterUsername": "root", "MasterUserPassword": "planted-word"}
    rds.create_db_instance(
        DBInstanceIdentifier="payments",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        StorageEncrypted=True,
        BackupRetentionPeriod=14,
        PubliclyAccessible=False,
        Tags=[{"Key": "Environment", "Value": "production"}],
        **common,
    )
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        StorageEncrypted=False,
        Tags=[{"Key": "customer-data", "Value": "no"}],
        **common,
    )


def alarms(make: Maker) -> None:
    watch = make("cloudwatch")
    alarm = {
        "Namespace": "Payments",
        "MetricName": "Failures",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    watch.put_metric_alarm(
        AlarmName="failed payments",
        AlarmActions=[f"arn:aws:sns:{HOME}:{ACCOUNT}:on-call"],
        Dimensions=[{"Name": "Stage", "Value": "live"}],
        Tags=OWNED,
        **alarm,
    )
    watch.put_metric_alarm(AlarmName="nobody hears", **alarm)


def firewalls(make: Maker) -> None:
    waf = make("wafv2")
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    rule = {
        "Name": "per-address",
        "Priority": 1,
        "Statement": {
            "RateBasedStatement": {
                "Limit": 1000,
                "EvaluationWindowSec": 120,
                "AggregateKeyType": "IP",
            }
        },
        "Action": {"Block": {}},
        "VisibilityConfig": seen,
    }
    common = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": seen}
    waf.create_web_acl(Name="api", Rules=[rule], **common)
    waf.create_web_acl(Name="bare", Rules=[], **common)
    waf.create_web_acl(
        Name="edge", Rules=[{**rule, "Action": {"Count": {}}}], **{**common, "Scope": "CLOUDFRONT"}
    )


def plans(make: Maker) -> None:
    gateway = make("apigateway")
    api = gateway.create_rest_api(name="payments")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    for stage in ("live", "open"):
        gateway.create_deployment(restApiId=api, stageName=stage)
    gateway.create_usage_plan(
        name="merchants",
        apiStages=[{"apiId": api, "stage": "live"}],
        throttle={"rateLimit": 50.0, "burstLimit": 100},
        quota={"limit": 100000, "period": "DAY"},
    )


def buckets(make: Maker) -> None:
    store = make("s3")
    for name in ("evidence", "website"):
        store.create_bucket(Bucket=name)
    store.put_bucket_encryption(
        Bucket="evidence",
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": "alias/evidence",
                    }
                }
            ]
        },
    )
    blocked = dict.fromkeys(
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True
    )
    store.put_public_access_block(Bucket="evidence", PublicAccessBlockConfiguration=blocked)
    store.put_bucket_acl(Bucket="website", ACL="public-read")
    store.put_bucket_tagging(
        Bucket="website",
        Tagging={"TagSet": [{"Key": "customer-data", "Value": "no"}]},
    )


def rules(make: Maker) -> None:
    ec2 = make("ec2")
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [source]}
            for port, source in (
                (443, {"CidrIp": "0.0.0.0/0", "Description": "customers"}),
                (22, {"CidrIp": "0.0.0.0/0"}),
                (5432, {"CidrIp": "10.0.0.0/8", "Description": "the app"}),
            )
        ],
    )


def certificates(make: Maker) -> None:
    issued = trustme.CA().issue_cert("api.example.com")
    make("acm").import_certificate(
        Certificate=issued.cert_chain_pems[0].bytes(),
        PrivateKey=issued.private_key_pem.bytes(),
        Tags=OWNED,
    )


def levels(make: Maker) -> None:
    dimension = [{"Name": "LoadBalancer", "Value": "app/api/0123456789abcdef"}]
    told = {"RequestCount": 1000.0, "HTTPCode_ELB_5XX_Count": 2.0, "HTTPCode_Target_5XX_Count": 3.0}
    make("cloudwatch").put_metric_data(
        Namespace="AWS/ApplicationELB",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": dimension,
                "Timestamp": datetime(2026, 10, day, 12, tzinfo=UTC),
                "Value": value,
            }
            for day in (1, 2)
            for name, value in told.items()
        ],
    )


def detectors(make: Maker) -> None:
    for region in (HOME, OTHER):
        make("guardduty", region).create_detector(Enable=True)
        make.second("guardduty", region).create_detector(Enable=True)
