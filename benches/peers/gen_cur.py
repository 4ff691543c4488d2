#!/usr/bin/env python3
"""Deterministic CUR-2.0-like and FOCUS-1.0-like billing exports.

gen_cur.py --rows 1000000 --out data/cur_1m --schema cur   --formats parquet-snappy,parquet-zstd,csv,csvgz [--parts N]
Same --rows/--seed => same bytes of content (fixed numpy Generator streams, one per day).
90 days x 24 h, ~60 base usage types x 3 regions, Zipf-skewed accounts/teams/apps, persistent and
ephemeral resources (ids of ephemeral ones roll over), SP/RI/Tax/Fee line types, map tags.
"""
import argparse, os, shutil, subprocess, json, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv as pc

T0 = np.datetime64('2025-01-01T00:00:00', 'ms'); DAYS = 90
# product_code, service name, family, usage type, operation, unit, rate, res kind, weight, activity, mean amount, instance type, focus category
U = [l.split('|') for l in """
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:m6i.large|RunInstances|Hrs|0.0960|i|60|1|1|m6i.large|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:m6i.xlarge|RunInstances|Hrs|0.1920|i|45|1|1|m6i.xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:m7g.2xlarge|RunInstances|Hrs|0.3264|i|22|1|1|m7g.2xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:c7g.xlarge|RunInstances|Hrs|0.1445|e|55|1|1|c7g.xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:c6i.4xlarge|RunInstances|Hrs|0.6800|e|14|1|1|c6i.4xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:r6g.2xlarge|RunInstances|Hrs|0.4032|i|16|1|1|r6g.2xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:t3.medium|RunInstances|Hrs|0.0416|i|50|1|1|t3.medium|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:t4g.small|RunInstances|Hrs|0.0168|i|28|1|1|t4g.small|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|SpotUsage:c6i.2xlarge|RunInstances:SV001|Hrs|0.1310|e|40|1|1|c6i.2xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|SpotUsage:m5.4xlarge|RunInstances:SV001|Hrs|0.3010|e|18|1|1|m5.4xlarge|Compute
AmazonEC2|Amazon Elastic Compute Cloud|Compute Instance|BoxUsage:p4d.24xlarge|RunInstances|Hrs|32.7726|i|1|1|1|p4d.24xlarge|Compute
AmazonEC2|EC2 - Other|Storage|EBS:VolumeUsage.gp3|CreateVolume-Gp3|GB-Mo|0.0800|vol|160|1|0.14||Storage
AmazonEC2|EC2 - Other|Storage|EBS:VolumeUsage.gp2|CreateVolume-Gp2|GB-Mo|0.1000|vol|60|1|0.11||Storage
AmazonEC2|EC2 - Other|Storage|EBS:VolumeUsage.io2|CreateVolume-P-IOPS|GB-Mo|0.1250|vol|8|1|0.7||Storage
AmazonEC2|EC2 - Other|System Operation|EBS:VolumeP-IOPS.gp3|CreateVolume-Gp3|IOPS-Mo|0.0050|vol|18|1|4||Storage
AmazonEC2|EC2 - Other|Storage Snapshot|EBS:SnapshotUsage|CreateSnapshot|GB-Mo|0.0500|snap|70|1|0.06||Storage
AmazonEC2|EC2 - Other|NAT Gateway|NatGateway-Hours|NatGateway|Hrs|0.0450|nat|10|1|1||Networking
AmazonEC2|EC2 - Other|NAT Gateway|NatGateway-Bytes|NatGateway|GB|0.0450|nat|10|0.97|9||Networking
AmazonEC2|EC2 - Other|Data Transfer|DataTransfer-Out-Bytes|RunInstances|GB|0.0900|i|70|0.6|0.8||Networking
AmazonEC2|EC2 - Other|Data Transfer|DataTransfer-Regional-Bytes|InterZone-Out|GB|0.0100|i|110|0.8|2.1||Networking
AmazonEC2|EC2 - Other|Data Transfer|DataTransfer-Regional-Bytes|InterZone-In|GB|0.0100|i|110|0.8|2.1||Networking
AmazonEC2|EC2 - Other|Data Transfer|USE1-USE2-AWS-Out-Bytes|RunInstances|GB|0.0100|i|30|0.3|0.3||Networking
AmazonVPC|Amazon Virtual Private Cloud|VPC|PublicIPv4:InUseAddress|RunInstances|Hrs|0.0050|eni|60|1|1||Networking
AmazonVPC|Amazon Virtual Private Cloud|VpcEndpoint|VpcEndpoint-Hours|VpcEndpoint|Hrs|0.0100|vpce|24|1|1||Networking
AmazonVPC|Amazon Virtual Private Cloud|VpcEndpoint|VpcEndpoint-Bytes|VpcEndpoint|GB|0.0100|vpce|20|0.8|3||Networking
AWSELB|Elastic Load Balancing|Load Balancer-Application|LoadBalancerUsage|LoadBalancing:Application|Hrs|0.0225|alb|28|1|1||Networking
AWSELB|Elastic Load Balancing|Load Balancer-Application|LCUUsage|LoadBalancing:Application|LCU-Hrs|0.0080|alb|28|0.98|2.4||Networking
AWSELB|Elastic Load Balancing|Data Transfer|DataTransfer-Out-Bytes|LoadBalancing|GB|0.0900|alb|26|0.9|1.7||Networking
AmazonRDS|Amazon Relational Database Service|Database Instance|InstanceUsage:db.r6g.large|CreateDBInstance:0014|Hrs|0.2250|db|14|1|1|db.r6g.large|Databases
AmazonRDS|Amazon Relational Database Service|Database Instance|Multi-AZUsage:db.r6g.xlarge|CreateDBInstance:0014|Hrs|0.9000|db|8|1|1|db.r6g.xlarge|Databases
AmazonRDS|Amazon Relational Database Service|Database Instance|InstanceUsage:db.t4g.medium|CreateDBInstance:0002|Hrs|0.0650|db|16|1|1|db.t4g.medium|Databases
AmazonRDS|Amazon Relational Database Service|Database Storage|RDS:GP3-Storage|CreateDBInstance:0014|GB-Mo|0.1150|db|26|1|0.5||Databases
AmazonRDS|Amazon Relational Database Service|Database Storage|Aurora:StorageIOUsage|CreateDBInstance:0021|IOs|0.0000002|db|8|0.97|250000||Databases
AmazonRDS|Amazon Relational Database Service|Storage Snapshot|RDS:ChargedBackupUsage|CreateDBInstance:0014|GB-Mo|0.0950|db|18|1|0.2||Databases
AmazonS3|Amazon Simple Storage Service|Storage|TimedStorage-ByteHrs|StandardStorage|GB-Mo|0.0230|s3|45|1|1.2||Storage
AmazonS3|Amazon Simple Storage Service|Storage|TimedStorage-INT-FA-ByteHrs|IntelligentTieringFAStorage|GB-Mo|0.0230|s3|12|1|3||Storage
AmazonS3|Amazon Simple Storage Service|Storage|TimedStorage-GDA-ByteHrs|DeepArchiveStorage|GB-Mo|0.00099|s3|10|1|9||Storage
AmazonS3|Amazon Simple Storage Service|API Request|Requests-Tier1|PutObject|Requests|0.000005|s3|60|0.7|4000||Storage
AmazonS3|Amazon Simple Storage Service|API Request|Requests-Tier2|GetObject|Requests|0.0000004|s3|80|0.8|50000||Storage
AmazonS3|Amazon Simple Storage Service|API Request|Requests-Tier1|ListBucket|Requests|0.000005|s3|50|0.5|800||Storage
AmazonS3|Amazon Simple Storage Service|Data Transfer|DataTransfer-Out-Bytes|GetObject|GB|0.0900|s3|40|0.5|1||Storage
AWSLambda|AWS Lambda|Serverless|Lambda-GB-Second|Invoke|Lambda-GB-Second|0.0000166667|fn|120|0.75|2200||Compute
AWSLambda|AWS Lambda|Serverless|Lambda-GB-Second-ARM|Invoke|Lambda-GB-Second|0.0000133334|fn|70|0.75|2200||Compute
AWSLambda|AWS Lambda|Serverless|Request|Invoke|Requests|0.0000002|fn|180|0.75|9000||Compute
AmazonECS|Amazon Elastic Container Service|Compute|Fargate-vCPU-Hours:perCPU|FargateTask|hours|0.04048|task|90|1|1||Compute
AmazonECS|Amazon Elastic Container Service|Compute|Fargate-GB-Hours|FargateTask|hours|0.004445|task|90|1|2||Compute
AmazonECS|Amazon Elastic Container Service|Compute|Fargate-ARM-vCPU-Hours:perCPU|FargateTask|hours|0.03238|task|45|1|1||Compute
AmazonECS|Amazon Elastic Container Service|Compute|Fargate-ARM-GB-Hours|FargateTask|hours|0.00356|task|45|1|2||Compute
AmazonEKS|Amazon Elastic Kubernetes Service|Compute|AmazonEKS-Hours:perCluster|CreateOperation|Hours|0.1000|eks|6|1|1||Compute
AmazonDynamoDB|Amazon DynamoDB|Amazon DynamoDB PayPerRequest Throughput|ReadRequestUnits|PayPerRequestThroughput|ReadRequestUnits|0.000000125|ddb|45|0.9|90000||Databases
AmazonDynamoDB|Amazon DynamoDB|Amazon DynamoDB PayPerRequest Throughput|WriteRequestUnits|PayPerRequestThroughput|WriteRequestUnits|0.000000625|ddb|45|0.9|30000||Databases
AmazonDynamoDB|Amazon DynamoDB|Database Storage|TimedStorage-ByteHrs|StandardStorage|GB-Mo|0.2500|ddb|35|1|0.05||Databases
AmazonCloudWatch|AmazonCloudWatch|Storage Snapshot|DataProcessing-Bytes|PutLogEvents|GB|0.5000|log|90|0.9|0.05||Management and Governance
AmazonCloudWatch|AmazonCloudWatch|Metric|CW:MetricMonitorUsage|MetricStorage|Metrics|0.3000|none|20|1|0.5||Management and Governance
AmazonCloudWatch|AmazonCloudWatch|API Request|CW:GMD-Metrics|GetMetricData|Metrics|0.00001|none|20|0.9|900||Management and Governance
AWSQueueService|Amazon Simple Queue Service|API Request|Requests-RBP|SQS:Standard|Requests|0.0000004|sqs|60|0.8|20000||Application Integration
AmazonSNS|Amazon Simple Notification Service|API Request|DeliveryAttempts-SQS|Publish|Notifications|0.0000001|sns|26|0.6|9000||Application Integration
AmazonElastiCache|Amazon ElastiCache|Cache Instance|NodeUsage:cache.r7g.large|CreateCacheCluster:0002|Hrs|0.2190|ec|12|1|1|cache.r7g.large|Databases
AmazonCloudFront|Amazon CloudFront|Data Transfer|US-DataTransfer-Out-Bytes|GET|GB|0.0850|cf|8|1|40||Networking
awskms|AWS Key Management Service|API Request|KMS-Requests|Decrypt|Requests|0.000003|kms|40|0.8|700||Security
awskms|AWS Key Management Service|Encryption Key|KMS-Keys|Unknown|Keys|1.0000|kms|40|1|0.00134||Security
AWSSecretsManager|AWS Secrets Manager|Secret|AWSSecretsManager-Secrets|StandardSecret|Secrets|0.4000|sec|40|1|0.00134||Security
AmazonECR|Amazon EC2 Container Registry (ECR)|EC2 Container Registry|TimedStorage-ByteHrs|TimedStorage-ByteHrs|GB-Mo|0.1000|ecr|30|1|0.02||Storage
AWSBackup|AWS Backup|AWS Backup Storage|WarmStorage-ByteHrs-EBS|Storage|GB-Mo|0.0500|bkp|20|1|0.1||Storage
AmazonRoute53|Amazon Route 53|DNS Query|DNS-Queries|A|Queries|0.0000004|r53|14|1|90000||Networking
""".strip().splitlines()]
NU = len(U)
REG = [('us-east-1', '', 'US East (N. Virginia)', .70), ('us-west-2', 'USW2-', 'US West (Oregon)', .18), ('eu-west-1', 'EU-', 'EU (Ireland)', .12)]
HEX = np.frombuffer(b'0123456789abcdef', 'u1'); B32 = np.frombuffer(b'abcdefghijklmnopqrstuvwxyz234567', 'u1')

def zipf_p(n, s=1.1):
    p = 1 / np.arange(1, n + 1) ** s
    return p / p.sum()

def fixed_strings(mat):
    """(n,w) uint8 -> pa.string array of n strings of width w"""
    n, w = mat.shape
    off = np.arange(0, (n + 1) * w, w, dtype=np.int64)
    return pa.Array.from_buffers(pa.large_string(), n, [None, pa.py_buffer(off), pa.py_buffer(np.ascontiguousarray(mat))])

def resid(kind, reg, acct, h):
    x = f'{h:016x}'
    return {'i': f'i-0{x}', 'e': f'i-0{x}', 'vol': f'vol-0{x}', 'snap': f'arn:aws:ec2:{reg}:{acct}:snapshot/snap-0{x}',
      'nat': f'arn:aws:ec2:{reg}:{acct}:natgateway/nat-0{x}', 'eni': f'arn:aws:ec2:{reg}:{acct}:network-interface/eni-0{x}',
      'vpce': f'arn:aws:ec2:{reg}:{acct}:vpc-endpoint/vpce-0{x}', 'alb': f'arn:aws:elasticloadbalancing:{reg}:{acct}:loadbalancer/app/alb-{x[:6]}/{x}',
      'db': f'arn:aws:rds:{reg}:{acct}:db:db-{x[:10]}', 's3': f'acme-{x[:4]}-{acct}-{x[4:12]}', 'fn': f'arn:aws:lambda:{reg}:{acct}:function:fn-{x[:12]}',
      'task': f'arn:aws:ecs:{reg}:{acct}:task/cluster-{x[:2]}/{x}{x[::-1]}', 'eks': f'arn:aws:eks:{reg}:{acct}:cluster/eks-{x[:6]}',
      'ddb': f'arn:aws:dynamodb:{reg}:{acct}:table/tbl-{x[:10]}', 'log': f'arn:aws:logs:{reg}:{acct}:log-group:/aws/lambda/fn-{x[:12]}',
      'sqs': f'arn:aws:sqs:{reg}:{acct}:q-{x[:12]}', 'sns': f'arn:aws:sns:{reg}:{acct}:topic-{x[:8]}', 'ec': f'arn:aws:elasticache:{reg}:{acct}:cluster:redis-{x[:8]}',
      'cf': f'arn:aws:cloudfront::{acct}:distribution/E{x[:13].upper()}', 'kms': f'arn:aws:kms:{reg}:{acct}:key/{x[:8]}-{x[8:12]}-{x[12:16]}-{x[:4]}-{x[4:16]}',
      'sec': f'arn:aws:secretsmanager:{reg}:{acct}:secret:app/{x[:8]}-{x[8:14]}', 'ecr': f'arn:aws:ecr:{reg}:{acct}:repository/app-{x[:8]}',
      'bkp': f'arn:aws:backup:{reg}:{acct}:recovery-point:{x}', 'r53': f'arn:aws:route53:::hostedzone/Z{x[:14].upper()}', 'none': ''}[kind]

EPH = {'e', 'task'}

class World:
    def __init__(s, rows, seed):
        g = s.g = np.random.default_rng([seed, rows])
        w = np.array([float(u[8]) for u in U]); act = np.array([float(u[9]) for u in U])
        per_hour = rows / (DAYS * 24) * 1.02
        S = s.S = int(per_hour / (w @ act / w.sum())) + 8
        s.u = g.choice(NU, S, p=w / w.sum()); s.act = act[s.u]
        s.reg = g.choice(3, S, p=[r[3] for r in REG])
        s.accts = [str(111111111111 + int(k)) for k in g.integers(0, 888888888888, 12)]
        s.acct = g.choice(12, S, p=zipf_p(12))
        s.hash = g.integers(0, 1 << 62, S, dtype=np.int64)
        s.life = g.integers(6, 96, S)
        s.mult = g.lognormal(0, 1.0, S)
        teams = [f'team-{n}' for n in 'checkout search platform data ml payments identity growth mobile web ads risk catalog orders shipping billing sre security analytics infra'.split()]
        s.ntag = 1500
        tt = g.choice(20, s.ntag, p=zipf_p(20, .8)); ap = g.integers(0, 60, s.ntag); ev = g.choice(3, s.ntag, p=[.6, .15, .25]); cc = g.integers(0, 15, s.ntag)
        full = g.random(s.ntag); s.tagsets = []
        for k in range(s.ntag):
            if full[k] < .12: s.tagsets.append([]); continue
            t = [('user_Name', f'app{ap[k]:02d}-{("prod","staging","dev")[ev[k]]}-{k}')] if full[k] < .8 else []
            t += [('user_app', f'app{ap[k]:02d}'), ('user_cost_center', f'cc-{1000+cc[k]*37}'), ('user_env', ('prod', 'staging', 'dev')[ev[k]]), ('user_team', teams[tt[k]])]
            if full[k] > .6: t.append(('aws_autoscaling_group_name', f'asg-app{ap[k]:02d}-{k%7}'))
            s.tagsets.append(t)
        s.tag = g.choice(s.ntag, S, p=zipf_p(s.ntag, .7))
        # derived per (usage type, region) strings
        s.ur = s.u * 3 + s.reg
        col = lambda i: [u[i] for u in U for r in REG]
        s.usage_type = [(r[1] + u[3]) for u in U for r in REG]
        rr = np.random.default_rng(seed)
        s.sku = [''.join(rr.choice(list('ABCDEFGHJKMNPQRSTUVWXYZ23456789'), 16)) for _ in range(NU * 3)]
        s.rate = np.array([float(u[6]) * (1.0, 1.0, 1.08)[k] for u in U for k in range(3)])
        s.col = col
        s.mean = np.array([float(u[10]) for u in U]); s.ishr = np.array([u[5] in ('Hrs', 'Hours', 'hours') for u in U])
        s.od_ec2 = np.array([u[3].startswith('BoxUsage') for u in U]); s.rds = np.array([u[7] == 'db' and 'Usage:db' in u[3] for u in U]); s.fg = np.array([u[7] == 'task' for u in U])
        s.commit = g.random(S)

    def day(s, d, seed, n_max):
        g = np.random.default_rng([seed, 7, d])
        grow = 0.96 + 0.08 * d / DAYS
        ss, hh = np.nonzero(g.random((s.S, 24)) < (s.act * grow)[:, None])
        p = g.permutation(len(ss))[:n_max]; ss = ss[p].astype(np.int64); hh = hh[p].astype(np.int64)
        n = len(ss); u = s.u[ss]; ur = s.ur[ss]; H = d * 24 + hh
        amt = np.where(s.ishr[u], np.where(g.random(n) < .97, 1.0, g.random(n)), 1) * s.mean[u] * np.where(s.ishr[u], 1.0, s.mult[ss] * g.lognormal(0, .4, n) * (1 + .5 * np.sin((hh - 8) / 24 * 2 * np.pi)))
        amt = np.round(amt, 10); rate = s.rate[ur]; od = np.round(amt * rate, 10)
        typ = np.zeros(n, np.int8)  # 0 Usage 1 SPCovered 2 SPNegation 3 DiscountedUsage 4 Tax 5 SPRecurringFee 6 RIFee
        c = s.commit[ss]
        sp = (s.od_ec2[u] & (c < .45)) | (s.fg[u] & (c < .3)); ri = s.rds[u] & (c < .5)
        typ[sp] = 1; typ[ri] = 3
        spk = np.nonzero(sp & (g.random(n) < .12))[0]     # negation rows replace some
        typ[spk] = 2
        fee = np.nonzero(g.random(n) < .0008)[0]; typ[fee] = np.where(g.random(len(fee)) < .7, 4, np.where(g.random(len(fee)) < .8, 5, 6))
        unb = od.copy(); unb[typ == 3] = 0; unb[typ == 2] *= -1
        return dict(n=n, ss=ss, u=u, ur=ur, H=H, d=d, amt=amt, rate=rate, od=od, typ=typ, unb=unb, g=g)

def take(vals, idx): return pa.array(vals, pa.large_string()).take(pa.array(idx))
def takecast(vals, idx): return take(vals, idx)

def month_of(d): return 0 if d < 31 else 1 if d < 59 else 2
MSTART = [np.datetime64(f'2025-0{k}-01T00:00:00', 'ms') for k in (1, 2, 3, 4)]

class Builder:
    def __init__(b, w, seed):
        b.w, b.seed = w, seed; b.rescache = {}
        b.tagmap = pa.array(w.tagsets, pa.map_(pa.string(), pa.string()))
        b.tagjson = [json.dumps(dict(t), separators=(',', ':')) for t in w.tagsets]
        b.prod = [[('product_name', u[1]), ('location', r[2])] + ([('instance_family', 'General purpose'), ('operating_system', 'Linux'), ('tenancy', 'Shared'), ('vcpu', '4'), ('memory', '16 GiB')] if u[11] else []) + [('servicename', u[1]), ('usagetype', r[1] + u[3])] for u in U for r in REG]
        b.prodmap = pa.array(b.prod, pa.map_(pa.string(), pa.string()))
        b.prodjson = [json.dumps(dict(t), separators=(',', ':')) for t in b.prod]

    def resources(b, x):
        w = b.w; eph = np.array([u[7] in EPH for u in U])[x['u']]
        gen = np.where(eph, x['H'] // w.life[x['ss']], 0)
        key = x['ss'] * 4096 + gen
        uq, inv = np.unique(key, return_inverse=True)
        names = []
        for k in uq.tolist():
            v = b.rescache.get(k)
            if v is None:
                s, gn = divmod(k, 4096)
                h = (int(w.hash[s]) ^ (gn * 0x9E3779B97F4A7C15)) & ((1 << 64) - 1)
                if not gn: # several usage types share a resource: collapse hash space a little
                    h = int(w.hash[s])
                v = b.rescache[k] = resid(U[w.u[s]][7], REG[w.reg[s]][0], w.accts[w.acct[s]], h)
            names.append(v)
        return take(names, inv)

    def common(b, x):
        w, n, g = b.w, x['n'], x['g']
        x['start'] = T0 + x['H'].astype('timedelta64[h]'); x['end'] = x['start'] + np.timedelta64(1, 'h')
        hours = [str(T0 + np.timedelta64(int(h), 'h'))[:19] + 'Z' for h in range(x['d'] * 24, x['d'] * 24 + 25)]
        hi = x['H'] - x['d'] * 24
        x['interval'] = take([hours[k] + '/' + hours[k + 1] for k in range(24)], hi)
        x['lid'] = fixed_strings(B32[g.integers(0, 32, (n, 52), dtype=np.uint8)])
        x['res'] = b.resources(x); x['m'] = month_of(x['d'])
        sprate = np.round(x['rate'] * .72, 10); t = x['typ']
        x['speff'] = np.where((t == 1), np.round(x['amt'] * sprate, 10), 0.0); x['sprate'] = np.where(t == 1, sprate, 0.0)
        x['rieff'] = np.where(t == 3, np.round(x['od'] * .62, 10), 0.0)
        x['az'] = x['ur'] % 3 * 4 + (x['ss'] % 3)
        return x

    def cur(b, x, csv):
        x = b.common(x); w, n, t, ur, ss = b.w, x['n'], x['typ'], x['ur'], x['ss']
        const = lambda v: pa.array([v], pa.large_string()).take(pa.array(np.zeros(n, np.int64)))
        ts = (lambda a: take_ts(a, n)) if csv else (lambda a: pa.array(np.broadcast_to(a, n).astype('datetime64[ms]')))
        TY = ['Usage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation', 'DiscountedUsage', 'Tax', 'SavingsPlanRecurringFee', 'RIFee']
        ratestr = [f'{r:.10f}' for r in w.rate]
        azs = [r[0] + z for r in REG for z in ('a', 'b', 'c', '')]
        desc = [f'${r:.10g} per {u[5]} of {u[3]} usage in {rg[2]} ({u[1]}, {u[4]})' for (u, rg), r in zip([(u, rg) for u in U for rg in REG], w.rate)]
        spar = [''] + [f'arn:aws:savingsplans::{w.accts[0]}:savingsplan/{k:08x}-1111-2222-3333-0123456789ab' for k in range(9)]
        riar = [''] + [f'arn:aws:rds:us-east-1:{w.accts[0]}:ri:ri-2024-{k:02d}' for k in range(12)]
        spi = np.where((t == 1) | (t == 2) | (t == 5), 1 + ss % 9, 0); rii = np.where(t == 3, 1 + ss % 12, 0)
        c = {}
        c['bill_bill_type'] = const('Anniversary'); c['bill_billing_entity'] = const('AWS')
        c['bill_billing_period_end_date'] = ts(MSTART[x['m'] + 1]); c['bill_billing_period_start_date'] = ts(MSTART[x['m']])
        c['bill_invoice_id'] = const(f'19{x["m"]}4433221'); c['bill_invoicing_entity'] = const('Amazon Web Services, Inc.'); c['bill_payer_account_id'] = const(w.accts[0])
        c['identity_line_item_id'] = x['lid']; c['identity_time_interval'] = x['interval']
        c['line_item_availability_zone'] = take(azs, np.where(w.ishr[x['u']], x['az'], x['az'] // 4 * 4 + 3))
        c['line_item_blended_cost'] = pa.array(np.round(x['unb'] * .995, 10)); c['line_item_blended_rate'] = take(ratestr, ur); c['line_item_currency_code'] = const('USD'); c['line_item_legal_entity'] = const('Amazon Web Services, Inc.')
        c['line_item_line_item_description'] = take(desc, ur); c['line_item_line_item_type'] = take(TY, t)
        c['line_item_normalization_factor'] = pa.array(np.where(w.od_ec2[x['u']], 4.0, 0.0)); c['line_item_operation'] = take(w.col(4), ur); c['line_item_product_code'] = take(w.col(0), ur)
        c['line_item_resource_id'] = x['res']; c['line_item_unblended_cost'] = pa.array(x['unb']); c['line_item_unblended_rate'] = take(ratestr, ur)
        c['line_item_usage_account_id'] = take(w.accts, w.acct[ss]); c['line_item_usage_account_name'] = take([f'acme-account-{k:02d}' for k in range(12)], w.acct[ss])
        c['line_item_usage_amount'] = pa.array(x['amt']); c['line_item_usage_end_date'] = ts(x['end']); c['line_item_usage_start_date'] = ts(x['start']); c['line_item_usage_type'] = take(w.usage_type, ur)
        c['pricing_public_on_demand_cost'] = pa.array(x['od']); c['pricing_public_on_demand_rate'] = take(ratestr, ur)
        c['pricing_rate_code'] = take([f'{k}.JRTCKXETXF.6YS6EN2CT7' for k in w.sku], ur); c['pricing_rate_id'] = take([str(10**9 * 4 + 7919 * k) for k in range(NU * 3)], ur)
        c['pricing_term'] = take(['OnDemand', 'OnDemand', 'OnDemand', 'Reserved', '', '', 'Reserved'], t); c['pricing_unit'] = take(w.col(5), ur)
        c['product'] = take(b.prodjson, ur) if csv else b.prodmap.take(pa.array(ur))
        c['product_instance_type'] = take(w.col(11), ur); c['product_product_family'] = take(w.col(2), ur); c['product_region_code'] = take([r[0] for u in U for r in REG], ur); c['product_servicecode'] = take(w.col(0), ur); c['product_sku'] = take(w.sku, ur)
        c['reservation_effective_cost'] = pa.array(x['rieff']); c['reservation_reservation_a_r_n'] = take(riar, rii)
        c['resource_tags'] = take(b.tagjson, w.tag[ss]) if csv else b.tagmap.take(pa.array(w.tag[ss]))
        c['savings_plan_savings_plan_a_r_n'] = take(spar, spi); c['savings_plan_savings_plan_effective_cost'] = pa.array(x['speff']); c['savings_plan_savings_plan_rate'] = pa.array(x['sprate'])
        return small(pa.table(c))

    def focus(b, x, csv):
        x = b.common(x); w, n, t, ur, ss = b.w, x['n'], x['typ'], x['ur'], x['ss']
        const = lambda v: pa.array([v], pa.large_string()).take(pa.array(np.zeros(n, np.int64)))
        ts = (lambda a: take_ts(a, n)) if csv else (lambda a: pa.array(np.broadcast_to(a, n).astype('datetime64[ms]')))
        eff = np.where(t == 1, x['speff'], np.where(t == 3, x['rieff'], np.where(t == 2, 0, x['unb'])))
        billed = np.where((t == 1) | (t == 2) | (t == 3), 0.0, x['unb'])
        z = np.zeros(n, np.int64); usage = (t <= 3)
        c = {}
        c['AvailabilityZone'] = take([r[0] + q for r in REG for q in ('a', 'b', 'c', '')], np.where(w.ishr[x['u']], x['az'], x['az'] // 4 * 4 + 3))
        c['BilledCost'] = pa.array(billed); c['BillingAccountId'] = const(w.accts[0]); c['BillingAccountName'] = const('acme payer'); c['BillingCurrency'] = const('USD')
        c['BillingPeriodEnd'] = ts(MSTART[x['m'] + 1]); c['BillingPeriodStart'] = ts(MSTART[x['m']])
        c['ChargeCategory'] = take(['Usage', 'Tax', 'Purchase'], np.where(usage, 0, np.where(t == 4, 1, 2))); c['ChargeClass'] = const('')
        c['ChargeDescription'] = take([f'${r:.10g} per {u[5]} of {u[3]} usage ({u[1]})' for u, r in zip([u for u in U for _ in REG], w.rate)], ur)
        c['ChargeFrequency'] = take(['Usage-Based', 'Recurring', 'One-Time'], np.where(usage, 0, np.where(t == 5, 1, 2)))
        c['ChargePeriodEnd'] = ts(x['end']); c['ChargePeriodStart'] = ts(x['start'])
        cd = np.where(t == 1, 1, np.where(t == 3, 2, 0))
        c['CommitmentDiscountCategory'] = take(['', 'Spend', 'Usage'], cd); c['CommitmentDiscountId'] = take([''] + [f'arn:aws:savingsplans::{w.accts[0]}:savingsplan/{k:08x}-1111-2222-3333-0123456789ab' for k in range(9)], np.where(cd > 0, 1 + ss % 9, 0))
        c['CommitmentDiscountName'] = const(''); c['CommitmentDiscountStatus'] = take(['', 'Used', 'Used'], cd); c['CommitmentDiscountType'] = take(['', 'Compute Savings Plans', 'Reserved Instances'], cd)
        c['ConsumedQuantity'] = pa.array(x['amt']); c['ConsumedUnit'] = take(w.col(5), ur)
        c['ContractedCost'] = pa.array(x['od']); c['ContractedUnitPrice'] = pa.array(x['rate']); c['EffectiveCost'] = pa.array(eff); c['InvoiceIssuerName'] = const('AWS')
        c['ListCost'] = pa.array(x['od']); c['ListUnitPrice'] = pa.array(x['rate']); c['PricingCategory'] = take(['Standard', 'Committed', 'Committed'], cd); c['PricingQuantity'] = pa.array(x['amt']); c['PricingUnit'] = take(w.col(5), ur)
        c['ProviderName'] = const('AWS'); c['PublisherName'] = const('AWS'); c['RegionId'] = take([r[0] for u in U for r in REG], ur); c['RegionName'] = take([r[2] for u in U for r in REG], ur)
        c['ResourceId'] = x['res']; c['ResourceName'] = const(''); c['ResourceType'] = take(w.col(7), ur); c['ServiceCategory'] = take(w.col(12), ur); c['ServiceName'] = take(w.col(1), ur)
        c['SkuId'] = take(w.sku, ur); c['SkuPriceId'] = take([f'{k}.JRTCKXETXF.6YS6EN2CT7' for k in w.sku], ur)
        c['SubAccountId'] = take(w.accts, w.acct[ss]); c['SubAccountName'] = take([f'acme-account-{k:02d}' for k in range(12)], w.acct[ss])
        c['Tags'] = take(b.tagjson, w.tag[ss]) if csv else b.tagmap.take(pa.array(w.tag[ss]))
        c['x_CostCategories'] = const('{}'); c['x_Discounts'] = const('{}'); c['x_Operation'] = take(w.col(4), ur); c['x_ServiceCode'] = take(w.col(0), ur); c['x_UsageType'] = take(w.usage_type, ur)
        return small(pa.table(c))

def take_ts(a, n):
    a = np.broadcast_to(a, n); uq, inv = np.unique(a, return_inverse=True)
    return take([str(v) + 'Z' for v in uq.astype('datetime64[ms]')], inv)

def small(t):
    return t.cast(pa.schema([pa.field(f.name, pa.string() if f.type == pa.large_string() else f.type) for f in t.schema]))

def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--rows', type=int, required=True); ap.add_argument('--out', required=True); ap.add_argument('--schema', default='cur', choices=['cur', 'focus'])
    ap.add_argument('--formats', default='parquet-snappy'); ap.add_argument('--parts', type=int, default=1); ap.add_argument('--seed', type=int, default=42)
    a = ap.parse_args(); os.makedirs(a.out, exist_ok=True)
    fmts = a.formats.split(',')
    for csv in (False, True):
        mine = [f for f in fmts if f.startswith('csv') == csv]
        if not mine: continue
        w = World(a.rows, a.seed); b = Builder(w, a.seed); left = a.rows; per = -(-a.rows // a.parts)
        sinks = {}; buf = []; nbuf = 0; part = 0
        procs = {}
        def flush(t):
            nonlocal part
            for f in mine:
                if f.startswith('parquet'):
                    comp = f.split('-')[1]
                    pq.write_table(t, f'{a.out}/{comp}-{part:04d}.parquet', compression=comp, row_group_size=131072, store_schema=False)
            part += 1
        for d in range(DAYS):
            target = -(-left // (DAYS - d)) if d < DAYS - 1 else left
            n_max = min(left, int(a.rows / DAYS * 1.2) + 1)
            x = w.day(d, a.seed, min(n_max, target)); t = (b.cur if a.schema == 'cur' else b.focus)(x, csv); left -= t.num_rows
            if csv:
                for f in mine:
                    if f not in sinks:
                        if f == 'csv': sinks[f] = open(f'{a.out}/data.csv', 'wb')
                        else:
                            procs[f] = subprocess.Popen(['pigz', '-6', '-c', '-p', '2'] if shutil.which('pigz') else ['gzip', '-6', '-c'], stdin=subprocess.PIPE, stdout=open(f'{a.out}/data.csv.gz', 'wb')); sinks[f] = procs[f].stdin
                s = pa.BufferOutputStream(); pc.write_csv(t, s, pc.WriteOptions(include_header=(d == 0), quoting_style='needed')); buf_ = s.getvalue()
                for f in mine: sinks[f].write(buf_)
            else:
                buf.append(t); nbuf += t.num_rows
                while nbuf >= per:
                    tt = pa.concat_tables(buf).combine_chunks(); flush(tt.slice(0, per)); rest = tt.slice(per); buf = [rest]; nbuf = rest.num_rows
        if not csv and nbuf: flush(pa.concat_tables(buf))
        for f in sinks: sinks[f].close()
        for p in procs.values(): p.wait()
        print(a.schema, 'csv' if csv else 'parquet', 'rows', a.rows - left, 'series', w.S, 'resources', len(b.rescache))
main()
