"""A second corpus of made-up credentials, which was written before the rules were read: how much is found in it.

    python3 benches/secrets_blind.py [--newgate PROGRAM] [--seed N] FOLDER

FOLDER gets `planted` (one credential a file) and `clean` (look-alikes), all values random, and a repository whose branch adds
them. What newgate finds is printed with what it misses and its false alarms; betterleaks, kingfisher and detect-secrets are
asked too if they are on the PATH. Needs the package `cryptography`.
"""

import argparse
import base64
import binascii
import gzip
import io
import json
import os
import pathlib
import random
import shutil
import string
import subprocess
import tarfile
import uuid
import zipfile
import zlib

OPTIONS = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
OPTIONS.add_argument("--newgate", default="target/release/newgate")
OPTIONS.add_argument("--seed", type=int, default=20261127)
OPTIONS.add_argument("folder", type=pathlib.Path)
OPTIONS = OPTIONS.parse_args()
OUT = OPTIONS.folder.resolve()
R = random.Random(OPTIONS.seed)
AL=string.ascii_letters; AN=AL+string.digits; LN=string.ascii_lowercase+string.digits; UN=string.ascii_uppercase+string.digits
HEX="0123456789abcdef"; B64=AN+"+/"; U64=AN+"-_"
def r(n,a=AN):
    while True:
        s="".join(R.choice(a) for _ in range(n))
        if n<8 or len(a)<12 or not (any(c.isdigit() for c in a) and any(c.isalpha() for c in a)): return s
        if a is HEX or (any(c.isdigit() for c in s) and any(c.isalpha() for c in s)): return s
def rb(n): return bytes(R.randrange(256) for _ in range(n))
def b64(b): return base64.b64encode(b if isinstance(b,bytes) else b.encode()).decode()
def u64(b): return base64.urlsafe_b64encode(b if isinstance(b,bytes) else b.encode()).decode().rstrip("=")
def crc62(s):
    n=zlib.crc32(s.encode()); a=string.digits+string.ascii_uppercase+string.ascii_lowercase; o=""
    while n: o=a[n%62]+o; n//=62
    return o.rjust(6,"0")
def gh(p="ghp_"): s=r(30); return p+s+crc62(s)
def npm(): s=r(30); return "npm_"+s+crc62(s)
def aws(): return "AKIA"+"".join(R.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
def awssec(): return r(40,B64)
def jwt(): return u64(json.dumps({"alg":"HS256","typ":"JWT"},separators=(",",":")))+"."+u64(json.dumps({"sub":str(R.randrange(10**10)),"name":"svc-"+r(5),"iat":1700000000+R.randrange(10**7),"role":"service_role"},separators=(",",":")))+"."+u64(rb(32))
PW=lambda n=14: r(n-4)+R.choice("!#%*-_")+r(3)      # generated password
def pw2(): # pronounceable but with digits/signs like people choose
    return R.choice(["Tr0ub4dor","Winter","Qu1etR1ver","Marble","Sn0wfall","Bl4ckbird"])+R.choice("!@#_-")+str(R.randrange(1000,99999))+R.choice(["xQ","zK","!v","#T"])
from cryptography.hazmat.primitives.asymmetric import rsa, ec, ed25519
from cryptography.hazmat.primitives import serialization as S
def rsakey(fmt=S.PrivateFormat.TraditionalOpenSSL,bits=1024):
    k=rsa.generate_private_key(65537,2048); return k.private_bytes(S.Encoding.PEM,fmt,S.NoEncryption()).decode(), k
def eckey(fmt=S.PrivateFormat.PKCS8):
    k=ec.generate_private_key(ec.SECP256R1()); return k.private_bytes(S.Encoding.PEM,fmt,S.NoEncryption()).decode()
def edkey():
    k=ed25519.Ed25519PrivateKey.generate(); return k.private_bytes(S.Encoding.PEM,S.PrivateFormat.OpenSSH,S.NoEncryption()).decode()
P=[];C=[]
def p(name,text,kind=""): P.append((name,text if isinstance(text,bytes) else text.encode()))
def c(name,text): C.append((name,text if isinstance(text,bytes) else text.encode()))

# ---------- 1. providers' tokens (each in plausible surroundings)
tok={
"aws-id.tf": f'provider "aws" {{\n  access_key = "{aws()}"\n  secret_key = "{awssec()}"\n}}\n',
"aws-secret-only.py": f'import boto3\ns3 = boto3.client("s3", aws_secret_access_key="{awssec()}")\n',
"aws-credentials": f'[default]\naws_access_key_id = {aws()}\naws_secret_access_key = {awssec()}\n',
"aws-session.sh": f'export AWS_SESSION_TOKEN=IQoJb3JpZ2luX2VjE{r(340,B64)}\n',
"bedrock.py": f'BEARER = "ABSKQmVkcm9ja0FQSUtleS{r(110,B64)}="\n',
"github-pat.yml": f'steps:\n  - run: git clone https://x-access-token:{gh()}@github.com/acme/app\n',
"github-fine.js": f'const octokit = new Octokit({{ auth: "github_pat_{r(22)}_{r(59)}" }});\n',
"github-oauth.rb": f'client = Octokit::Client.new(access_token: "{gh("gho_")}")\n',
"github-app.go": f'const installation = "{gh("ghs_")}"\n',
"github-refresh.txt": f'refresh {gh("ghr_")}\n',
"gitlab-pat.sh": f'curl --header "PRIVATE-TOKEN: glpat-{r(20,U64)}" https://gitlab.example.org/api/v4/projects\n',
"gitlab-runner.toml": f'[[runners]]\n  url = "https://gitlab.com/"\n  token = "glrt-{r(20,U64)}"\n',
"gitlab-deploy.txt": f'gldt-{r(20,U64)}\n',
"gitlab-trigger.sh": f'curl -X POST -F token=glptt-{r(40,HEX)} -F ref=main https://gitlab.com/api/v4/projects/1/trigger/pipeline\n',
"slack-bot.py": f'app = App(token="xoxb-{r(12,string.digits)}-{r(13,string.digits)}-{r(24)}")\n',
"slack-app.env": f'SLACK_APP_TOKEN=xapp-1-A{r(10,UN)}-{r(13,string.digits)}-{r(64,HEX)}\n',
"slack-hook.ts": f'fetch("https://hooks.slack.com/services/T{r(8,UN)}/B{r(10,UN)}/{r(24)}", {{method: "POST"}});\n',
"stripe.rb": f'Stripe.api_key = "sk_live_{r(24)}"\n',
"stripe-restricted.php": f"<?php\n$stripe = new StripeClient('rk_live_{r(99)}');\n",
"stripe-webhook.js": f'const endpointSecret = "whsec_{r(32)}";\n',
"google-api.html": f'<script src="https://maps.googleapis.com/maps/api/js?key=AIza{r(35,U64)}"></script>\n',
"google-oauth.json": json.dumps({"installed":{"client_id":r(12,string.digits)+"-"+r(32,LN)+".apps.googleusercontent.com","client_secret":"GOCSPX-"+r(28,U64)}}),
"openai.py": f'client = OpenAI(api_key="sk-proj-{r(74,U64)}T3BlbkFJ{r(74,U64)}")\n',
"openai-old.py": f'openai.api_key = "sk-{r(20)}T3BlbkFJ{r(20)}"\n',
"anthropic.ts": f'const a = new Anthropic({{ apiKey: "sk-ant-api03-{r(93,U64)}AA" }});\n',
"huggingface.ipynb": json.dumps({"cells":[{"cell_type":"code","source":["from huggingface_hub import login\n",f"login(\"hf_{r(34,AL)}\")\n"],"outputs":[],"metadata":{},"execution_count":1}],"metadata":{},"nbformat":4,"nbformat_minor":5},indent=1),
"groq.env": f'GROQ_API_KEY=gsk_{r(52)}\n',
"replicate.py": f'replicate.Client(api_token="r8_{r(37)}")\n',
"perplexity.sh": f'export PPLX=pplx-{r(48)}\n',
"xai.py": f'key = "xai-{r(80)}"\n',
"openrouter.js": f'const k = "sk-or-v1-{r(64,HEX)}";\n',
"npm.npmrc": f'//registry.npmjs.org/:_authToken={npm()}\n',
"pypi.pypirc": f'[pypi]\nusername = __token__\npassword = pypi-AgEIcHlwaS5vcmc{r(160,U64)}\n',
"rubygems.yml": f'---\n:rubygems_api_key: rubygems_{r(48,HEX)}\n',
"crates.toml": f'[registry]\ntoken = "cio{r(32)}"\n',
"nuget.config": f'<configuration><apikeys><add key="https://api.nuget.org/v3/index.json" value="oy2{r(43,LN)}" /></apikeys></configuration>\n',
"dockerhub.sh": f'echo dckr_pat_{r(27,U64)} | docker login -u acme --password-stdin\n',
"twilio.js": f'const client = require("twilio")("AC{r(32,HEX)}", "{r(32,HEX)}");\n',
"twilio-key.env": f'TWILIO_API_KEY=SK{r(32,HEX)}\nTWILIO_API_SECRET={r(32)}\n',
"sendgrid.py": f'sg = SendGridAPIClient("SG.{r(22,U64)}.{r(43,U64)}")\n',
"mailgun.env": f'MAILGUN_KEY=key-{r(32,HEX)}\n',
"mailchimp.php": f"<?php $mc = new MailChimp('{r(32,HEX)}-us12');\n",
"shopify.rb": f'ShopifyAPI::Session.new(token: "shpat_{r(32,HEX)}")\n',
"square.js": f'const token = "EAAAE{r(59,U64)}";\n// square access token\n',
"digitalocean.tf": f'provider "digitalocean" {{ token = "dop_v1_{r(64,HEX)}" }}\n',
"heroku.env": f'HEROKU_API_KEY=HRKU-AA{r(58,U64)}\n',
"heroku-uuid.env": f'HEROKU_API_KEY={uuid.UUID(bytes=rb(16),version=4)}\n',
"cloudflare.env": f'CLOUDFLARE_API_TOKEN={r(40,U64)}\n',
"cloudflare-global.sh": f'curl -H "X-Auth-Email: a@acme.io" -H "X-Auth-Key: {r(37,HEX)}" https://api.cloudflare.com/client/v4/zones\n',
"fastly.env": f'FASTLY_API_TOKEN={r(32,U64)}\n',
"datadog.yaml": f'api_key: {r(32,HEX)}\nsite: datadoghq.com\n',
"newrelic.yml": f'common:\n  license_key: {r(36,HEX)}NRAL\n',
"newrelic-user.js": f'const k = "NRAK-{r(27,UN)}";\n',
"sentry.ini": f'[auth]\ntoken=sntrys_{u64(json.dumps({"iat":1700000000.1,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"acme"}))}_{r(43,U64)}\n',
"sentry-user.env": f'SENTRY_AUTH_TOKEN=sntryu_{r(64,HEX)}\n',
"grafana.yaml": f'token: glsa_{r(32)}_{r(8,HEX)}\n',
"grafana-cloud.env": f'GC_KEY=glc_{b64(json.dumps({"o":"1","n":"x","k":r(24)})+" "*9).rstrip("=")}\n',
"vault.sh": f'export VAULT_TOKEN=hvs.{r(95,U64)}\n',
"terraform.rc": f'credentials "app.terraform.io" {{\n  token = "{r(14)}.atlasv1.{r(67,U64)}"\n}}\n',
"pulumi.yml": f'PULUMI_ACCESS_TOKEN: pul-{r(40,HEX)}\n',
"doppler.env": f'DOPPLER_TOKEN=dp.st.prd.{r(43)}\n',
"telegram.py": f'bot = telebot.TeleBot("{R.randrange(10**9,10**10-1)}:AA{r(33,U64)}")\n',
"discord-bot.js": f'client.login("MT{r(24)}.G{r(5,U64)}.{r(38,U64)}");\n',
"discord-hook.py": f'URL = "https://discord.com/api/webhooks/{r(19,string.digits)}/{r(68,U64)}"\n',
"teams.ps1": f'Invoke-RestMethod -Uri "https://acme.webhook.office.com/webhookb2/{uuid.UUID(bytes=rb(16),version=4)}@{uuid.UUID(bytes=rb(16),version=4)}/IncomingWebhook/{r(32,HEX)}/{uuid.UUID(bytes=rb(16),version=4)}"\n',
"azure-storage.cs": f'var cs = "DefaultEndpointsProtocol=https;AccountName=acmestore;AccountKey={b64(rb(64))};EndpointSuffix=core.windows.net";\n',
"azure-ad.env": f'AZURE_CLIENT_SECRET={r(3)}8Q~{r(34,U64)}\n',
"azure-devops.sh": f'git clone https://acme:{r(52,"abcdefghijklmnopqrstuvwxyz234567")}@dev.azure.com/acme/app/_git/app\n',
"azure-sas.py": f'url = "https://acme.blob.core.windows.net/c/b?sv=2022-11-02&ss=b&srt=co&sp=rwdlac&se=2030-01-01T00:00:00Z&st=2023-01-01T00:00:00Z&spr=https&sig={b64(rb(32)).replace("+","%2B").replace("/","%2F").replace("=","%3D")}"\n',
"azure-servicebus.json": json.dumps({"ServiceBus":f"Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey={b64(rb(32))}"}),
"atlassian.py": f'jira = JIRA(basic_auth=("a@acme.io", "ATATT3xFfGF0{r(171,U64)}={r(8,UN)}"))\n',
"bitbucket.env": f'BITBUCKET_APP_PASSWORD=ATBB{r(32)}\n',
"linear.ts": f'const linear = new LinearClient({{ apiKey: "lin_api_{r(40)}" }});\n',
"notion.js": f'const notion = new Client({{ auth: "ntn_{r(46)}" }});\n',
"notion-old.js": f'const notion = new Client({{ auth: "secret_{r(43)}" }});\n',
"airtable.py": f'api = Api("pat{r(14)}.{r(64,HEX)}")\n',
"asana.py": f'ASANA_ACCESS_TOKEN = "1/{r(16,string.digits)}:{r(32,HEX)}"\n',
"figma.sh": f'curl -H "X-Figma-Token: figd_{r(40,U64)}" https://api.figma.com/v1/me\n',
"postman.py": f'headers = {{"X-API-Key": "PMAK-{r(24,HEX)}-{r(34,HEX)}"}}\n',
"databricks.cfg": f'[DEFAULT]\nhost = https://adb-1.azuredatabricks.net\ntoken = dapi{r(32,HEX)}\n',
"snowflake.yml": f'outputs:\n  dev:\n    type: snowflake\n    account: ab12345\n    user: loader\n    password: {PW()}\n',
"planetscale.env": f'DATABASE_PASSWORD=pscale_pw_{r(43,U64)}\n',
"supabase.env": f'SUPABASE_KEY=sbp_{r(40,HEX)}\n',
"supabase-jwt.ts": f'const supabase = createClient(url, "{jwt()}");\n',
"firebase-fcm.java": f'String serverKey = "AAAA{r(7,U64)}:APA91b{r(134,U64)}";\n',
"algolia.js": f'const client = algoliasearch("ABCD1234EF", "{r(32,HEX)}"); // admin API key\n',
"mapbox.js": f'mapboxgl.accessToken = "sk.eyJ1Ijoi{r(60,U64)}.{r(22,U64)}";\n',
"circleci.sh": f'curl -H "Circle-Token: CCIPAT_{r(22)}_{r(40,HEX)}" https://circleci.com/api/v2/me\n',
"travis.env": f'TRAVIS_API_TOKEN={r(22,U64)}\n',
"buildkite.sh": f'export T=bkua_{r(40,HEX)}\n',
"sonar.properties": f'sonar.login=sqp_{r(40,HEX)}\n',
"snyk.env": f'SNYK_TOKEN={uuid.UUID(bytes=rb(16),version=4)}\n',
"okta.go": f'client.SetToken("00{r(40,U64)}") // okta SSWS\n',
"okta-hdr.sh": f'curl -H "Authorization: SSWS 00{r(40,U64)}" https://acme.okta.com/api/v1/users\n',
"auth0.env": f'AUTH0_CLIENT_SECRET={r(64,U64)}\n',
"launchdarkly.go": f'ld.MakeClient("sdk-{uuid.UUID(bytes=rb(16),version=4)}", 5*time.Second)\n',
"segment.env": f'SEGMENT_WRITE_KEY={r(32)}\n',
"twitch.env": f'TWITCH_CLIENT_SECRET={r(30,LN)}\n',
"twitter.py": f'auth = tweepy.OAuthHandler("{r(25)}", "{r(50)}")\nauth.set_access_token("{r(10,string.digits)}-{r(40)}", "{r(45)}")\n',
"twitter-bearer.sh": f'curl -H "Authorization: Bearer AAAAAAAAAAAAAAAAAAAAA{r(80)}%3D{r(20)}" https://api.twitter.com/2/tweets\n',
"facebook.php": f"<?php $t = 'EAACEdEose0cBA{r(120)}';\n",
"facebook-secret.yml": f'facebook:\n  app_id: 1234567890123456\n  app_secret: {r(32,HEX)}\n',
"linkedin.env": f'LINKEDIN_CLIENT_SECRET={r(16)}\n',
"dropbox.py": f'dbx = dropbox.Dropbox("sl.{r(138,U64)}")\n',
"box.json": json.dumps({"boxAppSettings":{"clientID":r(32,LN),"clientSecret":r(32)}}),
"artifactory.xml": f'<server><id>central</id><username>ci</username><password>AKCp{r(69)}</password></server>\n',
"jfrog.env": f'JF_TOKEN=cmVmdGtuOjAxOj{r(50)}\n',
"age.txt": f'# created: 2024-01-01T00:00:00Z\nAGE-SECRET-KEY-1{r(58,"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")}\n',
"flyio.env": f'FLY_API_TOKEN="FlyV1 fm2_{r(120,B64)}"\n',
"netlify.env": f'NETLIFY_AUTH_TOKEN=nfp_{r(36)}\n',
"vercel.env": f'VERCEL_TOKEN={r(24)}\n',
"render.env": f'RENDER_API_KEY=rnd_{r(28)}\n',
"scaleway.yaml": f'access_key: SCW{r(17,UN)}\nsecret_key: {uuid.UUID(bytes=rb(16),version=4)}\n',
"alibaba.py": f'client = AcsClient("LTAI{r(20)}", "{r(30)}", "cn-hangzhou")\n',
"tencent.py": f'cred = credential.Credential("AKID{r(32)}", "{r(32)}")\n',
"yandex.env": f'YC_TOKEN=t1.{r(60,U64)}.{r(86,U64)}\n',
"ibm.env": f'IBM_CLOUD_API_KEY={r(44,U64)}\n',
"tailscale.sh": f'tailscale up --authkey=tskey-auth-{r(12)}CNTRL-{r(32)}\n',
"ngrok.yml": f'version: "2"\nauthtoken: {r(27)}_{r(21)}\n',
"zapier-hook.js": f'const hook = "https://hooks.zapier.com/hooks/catch/{r(7,string.digits)}/{r(7,LN)}/";\nconst apiSecret = "{r(32)}";\n',
"lob.env": f'LOB_API_KEY=live_{r(35,HEX)}\n',
"plaid.env": f'PLAID_SECRET={r(30,HEX)}\n',
"razorpay.js": f'new Razorpay({{ key_id: "rzp_live_{r(14)}", key_secret: "{r(24)}" }});\n',
"paypal.py": f'paypalrestsdk.configure({{"mode": "live", "client_id": "A{r(79,U64)}", "client_secret": "E{r(79,U64)}"}})\n',
"braintree.rb": f'Braintree::Configuration.private_key = "{r(32,HEX)}"\n',
"contentful.env": f'CONTENTFUL_MANAGEMENT_TOKEN=CFPAT-{r(43,U64)}\n',
"hubspot.env": f'HUBSPOT_TOKEN=pat-na1-{uuid.UUID(bytes=rb(16),version=4)}\n',
"intercom.env": f'INTERCOM_TOKEN=dG9rO{r(55,B64)}\n',
"typeform.py": f't = "tfp_{r(44)}_{r(14)}"\n',
"elastic.py": f'es = Elasticsearch(cloud_id="acme:x", api_key="{b64(r(20,U64)+":"+r(22,U64))}")\n',
"mongodb-atlas.py": f'MongoClient("mongodb+srv://app:{r(16)}@cluster0.ab1cd.mongodb.net/prod?retryWrites=true")\n',
"cohere.env": f'COHERE_API_KEY={r(40)}\n',
"pinecone.py": f'pc = Pinecone(api_key="pcsk_{r(6)}_{r(63)}")\n',
"langsmith.env": f'LANGCHAIN_API_KEY=lsv2_pt_{r(32,HEX)}_{r(10,HEX)}\n',
"deepseek.py": f'client = OpenAI(api_key="sk-{r(32,HEX)}", base_url="https://api.deepseek.com")\n',
"resend.ts": f'const resend = new Resend("re_{r(8)}_{r(24)}");\n',
"posthog.env": f'POSTHOG_KEY=phx_{r(43)}\n',
"ethereum-key.js": f'const privateKey = "0x{r(64,HEX)}";\nconst w = new ethers.Wallet(privateKey);\n',
"sshpass.sh": f'sshpass -p \'{PW()}\' ssh deploy@10.1.2.3 uptime\n',
"mysqldump.sh": f'mysqldump -u root -p{PW().replace("#","x")} prod > dump.sql\n',
"curl-u.sh": f'curl -u admin:{PW().replace("#","x")} https://nexus.acme.io/service/rest/v1/status\n',
"psql.sh": f'PGPASSWORD={PW().replace("#","x")} psql -h db -U app\n',
}
for k,v in tok.items(): p("t-"+k,v)

# ---------- 2. odd surroundings
p("s-newline-escape.json", json.dumps({"log":"ok\\n"+gh()+"\\n"}))
p("s-newline-escape2.py", f'MSG = "token:\\n{gh()}\\nend"\n')
p("s-percent.txt", f'https://acme.io/cb?next=x%26token%3D{gh()}%26a%3D1\n')
p("s-underscore.sh", f'NAME=backup_{aws()}_old\n')
p("s-ansi.log", f'\x1b[32mtoken \x1b[0m\x1b[1m{gh()}\x1b[0m done\n')
p("s-ansi-escaped.log", f'\\u001b[33m{"sk_live_"+r(24)}\\u001b[0m\n')
p("s-utf16le.ps1", b"\xff\xfe"+f'$env:GH = "{gh()}"\r\n'.encode("utf-16-le"))
p("s-utf16be.txt", f'password = "{PW()}"\n'.encode("utf-16-be"))
p("s-utf32.txt", f'key {gh()}\n'.encode("utf-32"))
p("s-latin1.ini", f'# caf\xe9\n[db]\npassword={PW()}\n'.encode("latin-1"))
p("s-base64-token.yaml", f'apiVersion: v1\nkind: Secret\nmetadata: {{name: gh}}\ndata:\n  token: {b64(gh())}\n')
p("s-base64-any.py", f'import base64\nT = base64.b64decode("{b64(gh())}")\n')
p("s-hex-token.c", f'static const char *k = "{binascii.hexlify(gh().encode()).decode()}";\n')
p("s-hexkey.c", f'static const unsigned char aes_key[16] = {{{", ".join("0x%02x"%x for x in rb(16))}}};\n')
t=gh(); p("s-split-plus.js", f'const token = "{t[:20]}" +\n  "{t[20:]}";\n')
t=gh(); p("s-split-adjacent.py", f'TOKEN = ("{t[:13]}"\n         "{t[13:]}")\n')
t=gh(); p("s-split-backslash.sh", f'TOKEN={t[:22]}\\\n{t[22:]}\n')
t=gh(); p("s-split-dot.php", f"<?php $t = '{t[:15]}' . '{t[15:]}';\n")
t=gh(); p("s-split-amp.vb", f'Dim t = "{t[:15]}" & "{t[15:]}"\n')
t=gh(); p("s-join.py", f'T = "".join(["{t[:15]}", "{t[15:]}"])\n')
t="sk_live_"+r(24); p("s-html-entities.html", f'<input value="{t.replace("_","&#95;")}">\n')
p("s-crlf.env", f'A=1\r\nDB_PASSWORD={PW()}\r\nB=2\r\n')
p("s-cr.txt", f'A=1\rDB_PASSWORD="{PW()}"\rB=2\r')
p("s-longline.js", "var a=[" + ",".join(str(R.randrange(10**6)) for _ in range(60000))+f'],k="{gh()}",z=1;')
p("s-deep.csv", "id,name,token\n"+"".join(f"{i},n{i},\n" for i in range(5000))+f"5001,bob,{gh()}\n")
p("s-diff.patch", f'--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+DB_PASSWORD={PW()}\n')
p("s-comment.py", f'# old password was "{PW()}", do not use\npassword = os.environ["P"]\n')
p("s-md.md", f'# Setup\n\nLog in with user `admin` and password `{PW()}`.\n')
p("s-har.har", json.dumps({"log":{"entries":[{"request":{"headers":[{"name":"Authorization","value":"Bearer "+jwt()}]}}]}}))
p("s-basic.http", f'GET /x HTTP/1.1\nAuthorization: Basic {b64("admin:"+PW())}\n')
p("s-cookie.py", f'cookies = {{"session": "{jwt()}"}}\n')
p("s-jupyter-out.ipynb", json.dumps({"cells":[{"cell_type":"code","source":["print(os.environ['K'])"],"outputs":[{"output_type":"stream","name":"stdout","text":["sk_live_"+r(24)+"\n"]}],"metadata":{},"execution_count":1}],"metadata":{},"nbformat":4,"nbformat_minor":5}))
p("s-jupyter-pw.ipynb", json.dumps({"cells":[{"cell_type":"code","source":[f"conn = connect(user=\"app\", password=\"{PW()}\")\n"],"outputs":[],"metadata":{},"execution_count":1}],"metadata":{},"nbformat":4,"nbformat_minor":5}))

# ---------- 3. private keys
k,_=rsakey(); p("k-id_rsa", k)
k,_=rsakey(S.PrivateFormat.PKCS8); p("k-service-account.json", json.dumps({"type":"service_account","private_key_id":r(40,HEX),"private_key":k,"client_email":"a@b.iam.gserviceaccount.com"}))
k=eckey(); p("k-twice.json", json.dumps({"env":json.dumps({"key":k})}))
k=eckey(); p("k-oneline.env", "PRIVATE_KEY="+k.replace("\n","\\n")+"\n")
k=eckey(); p("k-oneline-space.txt", k.replace("\n"," ")+"\n")
k=edkey(); p("k-ed25519.yaml", "ssh:\n  key: |\n"+"".join("    "+l+"\n" for l in k.splitlines()))
k=eckey(S.PrivateFormat.TraditionalOpenSSL); p("k-k8s.yaml", f'apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {b64("-----BEGIN CERTIFICATE-----")}\n  tls.key: {b64(k)}\n')
k=eckey(); p("k-golang.go", "const key = `"+k+"`\n")
k=eckey(); p("k-concat.java", "String k = "+" +\n    ".join('"'+l+'\\n"' for l in k.splitlines())+";\n")
k=eckey(); p("k-indent-comment.py", "".join("# "+l+"\n" for l in k.splitlines()))
k=edkey(); p("k-xml.xml", f"<key><![CDATA[{k}]]></key>\n")
k=eckey(); p("k-nolabels.tf", f'variable "k" {{ default = <<EOT\n{k}EOT\n}}\n')
p("k-putty.ppk", f'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: deploy\nPublic-Lines: 2\n{r(64,B64)}\n{r(20,B64)}==\nPrivate-Lines: 1\n{r(47,B64)}=\nPrivate-MAC: {r(64,HEX)}\n')
p("k-pgp.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n"+"\n".join(r(64,B64) for _ in range(12))+f"\n={r(4,B64)}\n-----END PGP PRIVATE KEY BLOCK-----\n")
kk=rsa.generate_private_key(65537,2048).private_numbers()
I=lambda n:u64(n.to_bytes((n.bit_length()+7)//8,"big"))
p("k-jwk.json", json.dumps({"kty":"RSA","kid":"1","use":"sig","n":I(kk.public_numbers.n),"e":"AQAB","d":I(kk.d),"p":I(kk.p),"q":I(kk.q),"dp":I(kk.dmp1),"dq":I(kk.dmq1),"qi":I(kk.iqmp)}))
p("k-jwk-ec.json", json.dumps({"keys":[{"kty":"EC","crv":"P-256","x":u64(rb(32)),"y":u64(rb(32)),"d":u64(rb(32)),"kid":"a"}]}))
p("k-jwk-oct.json", json.dumps({"kty":"oct","alg":"HS256","k":u64(rb(32))}))
p("k-wireguard.conf", f'[Interface]\nPrivateKey = {b64(rb(32))}\nAddress = 10.0.0.1/24\n')
p("k-encrypted.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"+"\n".join(r(64,B64) for _ in range(10))+"\n-----END ENCRYPTED PRIVATE KEY-----\n")
from cryptography.hazmat.primitives.serialization import pkcs12
p("k-rsa-dsa.pem","-----BEGIN DSA PRIVATE KEY-----\n"+"\n".join(r(64,B64) for _ in range(9))+"\n-----END DSA PRIVATE KEY-----\n")
kx,_k=rsakey(); p("k-xmlrsa.xml", f'<RSAKeyValue><Modulus>{b64(_k.private_numbers().public_numbers.n.to_bytes(256,"big"))}</Modulus><Exponent>AQAB</Exponent><P>{b64(rb(128))}</P><Q>{b64(rb(128))}</Q><D>{b64(rb(256))}</D></RSAKeyValue>\n')
p("k-stellar.txt", f'seed: S{r(55,"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}\n')
MN="ripple lunar scissors orbit velvet canyon jungle absorb mango tiny whisper elbow"
p("k-mnemonic.env", f'MNEMONIC="{MN}"\n')

# ---------- 4. configuration
p("c-.env", f'APP=1\nDB_PASSWORD={PW()}\n')
p("c-.env.production", f'JWT_SECRET={r(32)}\n')
p("c-env-dq.env", f'REDIS_PASS="{PW()}"\n')
p("c-env-human.env", f'MYSQL_ROOT_PASSWORD={pw2()}\n')
p("c-app.yaml", f'spring:\n  datasource:\n    username: app\n    password: {PW()}\n')
p("c-app-human.yml", f'database:\n  password: {pw2()}\n')
p("c-app-quoted.yml", f'database:\n  password: "{pw2()}"\n')
p("c-app.properties", f'spring.datasource.password={PW()}\n')
p("c-colon.properties", f'db.password: {PW()}\n')
p("c-Dockerfile", f'FROM alpine\nENV API_TOKEN={r(32)}\n')
p("c-space.Dockerfile", f'FROM alpine\nENV DB_PASSWORD {PW()}\n')
p("c-arg.Dockerfile", f'FROM alpine\nARG NPM_TOKEN={r(36)}\n')
p("c-run.Dockerfile", f'FROM alpine\nRUN curl -u ci:{PW().replace("#","x")} https://acme.io/a.tgz | tar xz\n')
p("c-web.config", f'<configuration><appSettings><add key="SmtpPassword" value="{PW()}"/></appSettings></configuration>\n')
p("c-cs.config", f'<connectionStrings><add name="Main" connectionString="Server=db;Database=x;User Id=sa;Password={PW()};"/></connectionStrings>\n')
p("c-elem.xml", f'<bean><property name="password" value="{PW()}"/></bean>\n')
p("c-text.xml", f'<datasource><user>sa</user><password>{PW()}</password></datasource>\n')
p("c-settings.xml", f'<settings><servers><server><id>nexus</id><username>ci</username><password>{PW()}</password></server></servers></settings>\n')
p("c-app.ini", f'[smtp]\nuser = a\npassword = {PW()}\n')
p("c-app.toml", f'[db]\npassword = "{PW()}"\n')
p("c-main.tf", f'resource "aws_db_instance" "x" {{\n  username = "app"\n  password = "{PW()}"\n}}\n')
p("c-prod.tfvars", f'db_password = "{PW()}"\n')
p("c-terraform.tfstate", json.dumps({"version":4,"resources":[{"type":"random_password","instances":[{"attributes":{"length":16,"result":r(16)+"!","password":r(16)+"#"}}]}]},indent=1))
p("c-vars.yml", f'- hosts: all\n  vars:\n    ansible_become_pass: {PW()}\n    ansible_ssh_pass: {PW()}\n')
p("c-inventory", f'[web]\nhost1 ansible_host=10.0.0.1 ansible_user=root ansible_password={PW()}\n')
p("c-docker-compose.yml", f'services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: {PW()}\n')
p("c-list.docker-compose.yml", f'services:\n  db:\n    image: mysql\n    environment:\n      - MYSQL_PASSWORD={PW()}\n')
p("c-app.service", f'[Service]\nEnvironment=SECRET_KEY={r(40)}\nExecStart=/bin/app\n')
p("c-app2.service", f'[Service]\nEnvironment="DB_PASS={PW()}" "A=b"\nExecStart=/bin/app\n')
p("c-export.sh", f'export SECRET_TOKEN={r(40)}\n')
p("c-inline.sh", f'API_KEY="{r(32)}" ./run\n')
p("c-case.sh", f'./deploy --user ci --password {PW().replace("#","x")}\n')
p("c-eq.sh", f'./deploy --api-key={r(32)}\n')
p("c-x.ps1", f'$password = ConvertTo-SecureString "{PW()}" -AsPlainText -Force\n')
p("c-y.ps1", f"$env:DB_PASSWORD = '{PW()}'\n")
p("c-z.bat", f'set DB_PASSWORD={PW()}\r\n')
p("c-user.sql", f"CREATE USER app WITH PASSWORD '{PW()}';\n")
p("c-mysql.sql", f"CREATE USER 'app'@'%' IDENTIFIED BY '{PW()}';\n")
p("c-login.sql", f"ALTER LOGIN sa WITH PASSWORD = N'{PW()}';\n")
p("c-.netrc", f'machine api.acme.io\n  login ci\n  password {PW()}\n')
p("c-.pypirc", f'[distutils]\nindex-servers = nexus\n[nexus]\nrepository = https://n\nusername = ci\npassword = {PW()}\n')
p("c-.pgpass", f'db.acme.io:5432:prod:app:{PW()}\n')
p("c-.npmrc", f'//nexus.acme.io/:_auth={b64("ci:"+PW())}\n')
p("c-2.npmrc", f'//nexus.acme.io/:_password="{b64(PW())}"\n')
p("c-3.npmrc", f'//npm.acme.io/:_authToken={uuid.UUID(bytes=rb(16),version=4)}\n')
p("c-.git-credentials", f'https://ci:{r(20)}@git.acme.io\n')
p("c-config.json", json.dumps({"auths":{"https://index.docker.io/v1/":{"auth":b64("acme:"+PW())}}}))
p("c-gradle.properties", f'signing.password={PW()}\nnexusUsername=ci\n')
p("c-gradle2.properties", f'nexusPassword={PW()}\n')
p("c-kubeconfig.yaml", f'apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    token: {r(40)}\n')
p("c-kubeconfig-key.yaml", f'apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    client-key-data: {b64(eckey(S.PrivateFormat.TraditionalOpenSSL))}\n')
p("c-rclone.conf", f'[b2]\ntype = b2\naccount = {r(12,HEX)}\nkey = K001{r(27,B64)}\n')
p("c-rclone2.conf", f'[sftp]\ntype = sftp\nhost = x\nuser = u\npass = {r(38,U64)}\n')
p("c-k8s-string.yaml", f'apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  password: {PW()}\n')
p("c-k8s-data.yaml", f'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  password: {b64(PW())}\n')
p("c-k8s-env.yaml", f'containers:\n- name: a\n  env:\n  - name: DB_PASSWORD\n    value: {PW()}\n')
p("c-k8s-env-q.yaml", f'containers:\n- name: a\n  env:\n  - name: DB_PASSWORD\n    value: "{PW()}"\n')
p("c-ecs.json", json.dumps([{"environment":[{"name":"DB_PASSWORD","value":PW()}]}]))
p("c-helm-values.yaml", f'postgresql:\n  auth:\n    postgresPassword: {PW()}\n')
line="admin:$"+"apr1$"+r(8)+"$"+r(22,"./"+AN)+"\n"
p("c-htpasswd", line)
p("c-shadow", f'root:$6${r(16)}${r(86,"./"+AN)}:19000:0:99999:7:::\n')
p("c-wp-config.php", f"<?php\ndefine('AUTH_KEY', '{r(40)}!{r(23)}');\n")
p("c-define.php", f"<?php\ndefine('DB_PASSWORD', '{PW()}');\n")
p("c-laravel.env", f'APP_KEY=base64:{b64(rb(32))}\n')
p("c-rails-secrets.yml", f'production:\n  secret_key_base: {r(128,HEX)}\n')
SIGNS=LN+"!@#$%^&*(-_=+)"
line="SECRET_KEY = '"+r(50,SIGNS)+"'\n"
p("c-django-settings.py", line)
p("c-master.key", r(32,HEX))
p("c-credentials.xml", f'<com.x.UsernamePasswordCredentialsImpl><username>ci</username><password>{PW()}</password></com.x.UsernamePasswordCredentialsImpl>\n')
p("c-my.cnf", f'[client]\nuser=root\npassword={PW().replace("#","x")}\n')
p("c-redis.conf", f'port 6379\nrequirepass {r(24)}\n')
p("c-wpa_supplicant.conf", f'network={{\n  ssid="home"\n  psk="{PW()}"\n}}\n')
p("c-proxychains.conf", f'[ProxyList]\nsocks5 10.0.0.1 1080 user {PW()}\n')
p("c-.s3cfg", f'[default]\naccess_key = {aws()}\nsecret_key = {awssec()}\n')
p("c-.boto", f'[Credentials]\ngs_access_key_id = GOOG{r(20,UN)}\ngs_secret_access_key = {r(40,B64)}\n')
p("c-.dockercfg", json.dumps({"quay.io":{"auth":b64("a:"+PW()),"email":""}}))
p("c-filezilla.xml", f'<Server><Host>h</Host><User>u</User><Pass encoding="base64">{b64(PW())}</Pass></Server>\n')
p("c-sftp-config.json", f'{{\n  "host": "h",\n  "user": "u",\n  "password": "{PW()}",\n  // "port": 22\n}}\n')
p("c-secrets.json", json.dumps({"ConnectionStrings":{"Default":f"Server=db;User Id=sa;Password={PW()}"}}))
p("c-jenkinsfile.groovy", f"withEnv(['DEPLOY_TOKEN={r(40)}']) {{ sh 'make' }}\n")
p("c-github-workflow.yml", f'env:\n  API_TOKEN: {r(40)}\n')
p("c-gitlab-ci.yml", f'variables:\n  DEPLOY_PASSWORD: "{PW()}"\n')
p("c-makefile.mk", f'API_TOKEN := {r(40)}\n')
p("c-nginx.conf", f'proxy_set_header Authorization "Bearer {r(40)}";\n')
p("c-grafana.ini", f'[security]\nadmin_password = {PW().replace("#","x")}\n')
p("c-nix.nix", f'{{ services.x.password = "{PW()}"; }}\n')
p("c-plist.plist", f'<dict><key>apiSecret</key><string>{r(40)}</string></dict>\n')
p("c-strings.xml", f'<resources><string name="api_secret">{r(40)}</string></resources>\n')
p("c-cargo-credentials.toml", f'[registries.acme]\ntoken = "Bearer {r(40)}"\n')
p("c-composer-auth.json", json.dumps({"http-basic":{"repo.acme.io":{"username":"a","password":PW()}}}))
p("c-pip.conf", f'[global]\nindex-url = https://ci:{r(16)}@pypi.acme.io/simple\n')
p("c-bundle-config", f'---\nBUNDLE_GEMS__ACME__IO: "ci:{r(20)}"\n')
p("c-neo4j.conf", f'NEO4J_AUTH=neo4j/{PW()}\n')
p("c-odbc.ini", f'[x]\nDriver=PG\nUID=sa\nPWD={PW()}\n')

# ---------- 5. connection strings
p("u-pg.py", f'engine = create_engine("postgresql://app:{r(16)}@db.internal/prod")\n')
p("u-redis.js", f'const r = new Redis("redis://:{r(20)}@cache.internal:6379/0");\n')
p("u-amqp.yaml", f'broker: amqp://svc:{r(16)}@mq.internal:5672/vh\n')
p("u-human.env", f'DATABASE_URL=postgres://app:{pw2().replace("#","x").replace("@","_")}@db.internal/prod\n')
p("u-jdbc.java", f'String u = "jdbc:mysql://db/x?user=root&password={r(16)}";\n')
p("u-jdbc-oracle.properties", f'url=jdbc:oracle:thin:app/{r(14)}@//db:1521/X\n')
p("u-odbc.cs", f'var c = new SqlConnection("Data Source=db;Initial Catalog=x;User ID=sa;Pwd={PW()};");\n')
p("u-ftp.sh", f'wget ftp://ci:{r(14)}@ftp.internal/a\n')
p("u-smtp.py", f'EMAIL_URL = "smtps://a%40acme.io:{r(16)}@smtp.acme.io:465"\n')
p("u-dsn.go", f'sql.Open("mysql", "app:{r(16)}@tcp(db:3306)/prod?parseTime=true")\n')
p("u-pgdsn.go", f'dsn := "host=db user=app password={r(16)} dbname=prod sslmode=disable"\n')
p("u-sqlalchemy.ini", f'sqlalchemy.url = mysql+pymysql://root:{r(16)}@db/x\n')
p("u-git.gitmodules", f'[submodule "x"]\n\turl = https://oauth2:{r(20)}@git.acme.io/x.git\n')
p("u-proxy.sh", f'export https_proxy=http://corp:{r(12)}@proxy.acme.io:8080\n')

# ---------- 6. code
p("x-A.java", f'private static final String DB_PASSWORD = "{PW()}";\n')
p("x-B.java", f'DriverManager.getConnection(url, "root", "{PW()}");\n')
p("x-C.java", f'props.put("password", "{PW()}");\n')
p("x-D.java", f'new UsernamePasswordCredentials("admin", "{PW()}");\n')
p("x-a.cs", f'var client = new NetworkCredential("svc", "{PW()}");\n')
p("x-b.cs", f'options.ClientSecret = "{r(32)}";\n')
p("x-a.go", f'const apiKey = "{r(32)}"\n')
p("x-b.go", f'cfg := Config{{User: "a", Password: "{PW()}"}}\n')
p("x-c.go", f'req.SetBasicAuth("admin", "{PW()}")\n')
p("x-d.go", f'os.Setenv("DB_PASSWORD", "{PW()}")\n')
p("x-a.php", f'<?php $password = "{PW()}";\n')
p("x-b.php", f"<?php return ['password' => '{PW()}'];\n")
p("x-c.php", f"<?php mysqli_connect('db', 'root', '{PW()}');\n")
p("x-a.rb", f'password = "{PW()}"\n')
p("x-b.rb", f'config.secret_key = "{r(128,HEX)}"\n')
p("x-c.rb", f"ENV['API_TOKEN'] ||= '{r(40)}'\n")
p("x-a.swift", f'let apiSecret = "{r(40)}"\n')
p("x-a.kt", f'val clientSecret = "{r(40)}"\n')
p("x-b.kt", f'buildConfigField("String", "API_SECRET", "\\"{r(40)}\\"")\n')
p("x-a.py", f'def connect(password="{PW()}"):\n    pass\n')
p("x-b.py", f'PASSPHRASE = "{pw2()}"\n')
p("x-c.py", f'token = os.environ.get("API_TOKEN", "{r(40)}")\n')
p("x-d.py", f'cfg = {{"api_key": "{r(32)}"}}\n')
p("x-e.py", f'app.config["SECRET_KEY"] = "{r(24)}"\n')
p("x-f.py", f'requests.get(url, auth=("admin", "{PW()}"))\n')
p("x-g.py", f'if password == "{PW()}":\n    ok()\n')
p("x-h.py", f'key = b"{r(32)}"\ncipher = AES.new(key, AES.MODE_ECB)\n')
p("x-i.py", f'fernet = Fernet(b"{base64.urlsafe_b64encode(rb(32)).decode()}")\n')
p("x-j.py", f"encryption_key = '{r(64,HEX)}'\n")
p("x-a.js", f'const secret = process.env.SECRET || "{r(32)}";\n')
p("x-b.js", f"jwt.sign(payload, '{r(32)}');\n")
p("x-c.js", f'module.exports = {{ sessionSecret: `{r(32)}` }};\n')
p("x-d.ts", f'export const API_SECRET: string = "{r(40)}";\n')
p("x-e.js", f'headers: {{ Authorization: "Bearer {r(40)}" }}\n')
p("x-f.js", f'headers["x-api-key"] = "{r(40)}";\n')
p("x-g.js", f'app.use(session({{ secret: "{pw2()}" }}));\n')
p("x-a.rs", f'const API_TOKEN: &str = "{r(40)}";\n')
p("x-b.rs", f'let pw = std::env::var("DB_PASSWORD").unwrap_or_else(|_| "{PW()}".to_string());\n')
p("x-a.c", f'#define WIFI_PASSWORD "{PW()}"\n')
p("x-b.cpp", f'std::string api_key{{"{r(40)}"}};\n')
p("x-a.scala", f'val password = "{PW()}"\n')
p("x-a.ex", f'config :app, secret_key_base: "{r(64,B64)}"\n')
p("x-a.dart", f"final String apiKey = '{r(40)}';\n")
p("x-a.lua", f'local password = "{PW()}"\n')
p("x-a.pl", f"my $password = '{PW()}';\n")
p("x-a.R", f'api_key <- "{r(40)}"\n')
p("x-a.clj", f'(def api-key "{r(40)}")\n')
p("x-a.m", f'static NSString *const kAPISecret = @"{r(40)}";\n')
p("x-a.groovy", f"def token = '{r(40)}'\n")
p("x-a.vbs", f'Const DB_PASSWORD = "{PW()}"\n')
p("x-verbatim.cs", f'string password = @"{PW()}";\n')
p("x-fstring.py", f'url = f"https://api.acme.io/?api_key={r(32)}&q={{q}}"\n')
p("x-query.py", f'url = "https://api.acme.io/v1?access_token={r(40)}"\n')
p("x-a.graphql", f'# header x-hasura-admin-secret: {r(32)}\n')
p("x-a.cy.js", f'cy.get("#password").type("{PW()}");\n')

# ---------- 7. archives
def z(files,comp=zipfile.ZIP_DEFLATED):
    b=io.BytesIO(); f=zipfile.ZipFile(b,"w",comp)
    for n,t in files: f.writestr(n,t)
    f.close(); return b.getvalue()
def tar(files,mode="w"):
    b=io.BytesIO(); f=tarfile.open(fileobj=b,mode=mode)
    for n,t in files:
        t=t.encode() if isinstance(t,str) else t
        i=tarfile.TarInfo(n); i.size=len(t); f.addfile(i,io.BytesIO(t))
    f.close(); return b.getvalue()
p("a-x.zip", z([("a.txt","x"),("conf/.env",f"DB_PASSWORD={PW()}\n")]))
p("a-stored.zip", z([("a.py",f'T="{gh()}"\n')],zipfile.ZIP_STORED))
p("a-app.jar", z([("META-INF/MANIFEST.MF","Manifest-Version: 1.0\n"),("application.properties",f"db.password={PW()}\n")]))
p("a-x.tar.gz", tar([("d/id_rsa",eckey())],"w:gz"))
p("a-x.tar", tar([("d/c.yml",f"password: {PW()}\n")]))
p("a-pkg-1.0-py3-none-any.whl", z([("pkg/__init__.py",f'TOKEN = "{gh()}"\n')]))
p("a-doc.docx", z([("[Content_Types].xml","<Types/>"),("word/document.xml",f"<w:t>{gh()}</w:t>")]))
p("a-log.gz", gzip.compress(f"token {gh()}\n".encode()))
p("a-nested.zip", z([("in.zip",z([("x.env",f"API_SECRET={r(40)}\n")]))]))
p("a-nested.tgz", tar([("in.jar",z([("a.properties",f"password={PW()}\n")]))],"w:gz"))
p("a-bz2.tar.bz2", tar([("d/c.env",f"T={gh()}\n")],"w:bz2"))
p("a-xz.tar.xz", tar([("d/c.env",f"T={gh()}\n")],"w:xz"))
p("a-noext", z([("a.env",f"T={gh()}\n")]))
p("a-xlsx.xlsx", z([("xl/sharedStrings.xml",f"<si><t>password: {PW()}</t></si><si><t>{gh()}</t></si>")]))
p("a-class.class", b"\xca\xfe\xba\xbe\0\0\0\x34\0\x20\x01\0\x28"+gh().encode()+b"\x01\0\x04Code")
p("a-bin.so", b"\x7fELF"+rb(600)+b"\0"+gh().encode()+b"\0"+rb(300))
p("a-sqlite.db", b"SQLite format 3\0"+b"\0"*200+f'config\x17password="{PW()}"'.encode()+b"\0"*30)
p("a-pyc.pyc", b"\xa7\r\r\n\0\0\0\0"+b"s\x28\0\0\0"+gh().encode()+b")\x01")

# =================== clean
H=lambda n:r(n,HEX)
def sri(a="sha512",n=64): return f"{a}-{b64(rb(n))}"
c("package-lock.json", json.dumps({"lockfileVersion":3,"packages":{f"node_modules/p{i}":{"version":"1.0.%d"%i,"resolved":f"https://registry.npmjs.org/p{i}/-/p{i}-1.0.{i}.tgz","integrity":sri()} for i in range(60)}},indent=1))
c("yarn.lock", "".join(f'"@s/p{i}@^1.0.0":\n  version "1.0.{i}"\n  resolved "https://registry.yarnpkg.com/@s/p{i}/-/p{i}-1.0.{i}.tgz#{H(40)}"\n  integrity {sri()}\n\n' for i in range(60)))
c("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n"+"".join(f"  token-types@{i}.0.0:\n    resolution: {{integrity: {sri()}}}\n" for i in range(40)))
c("Cargo.lock", "".join(f'[[package]]\nname = "secret-{i}"\nversion = "0.1.{i}"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "{H(64)}"\n\n' for i in range(40)))
c("go.sum", "".join(f"github.com/acme/token{i} v1.{i}.0 h1:{b64(rb(32))}\ngithub.com/acme/token{i} v1.{i}.0/go.mod h1:{b64(rb(32))}\n" for i in range(40)))
c("poetry.lock", "".join(f'[[package]]\nname = "keyring"\nversion = "2{i}.0"\nfiles = [\n    {{file = "keyring-2{i}.0.tar.gz", hash = "sha256:{H(64)}"}},\n]\n' for i in range(20)))
c("Pipfile.lock", json.dumps({"_meta":{"hash":{"sha256":H(64)}},"default":{"tokenize":{"hashes":["sha256:"+H(64) for _ in range(20)],"version":"==1"}}},indent=1))
c("requirements.txt", "".join(f"pkg{i}==1.{i} \\\n    --hash=sha256:{H(64)}\n" for i in range(30)))
c("composer.lock", json.dumps({"content-hash":H(32),"packages":[{"name":"a/auth","source":{"reference":H(40)},"dist":{"shasum":H(40)}}]},indent=1))
c("Gemfile.lock", "GIT\n  remote: https://github.com/a/b\n  revision: "+H(40)+"\n")
c("flake.lock", json.dumps({"nodes":{"nixpkgs":{"locked":{"lastModified":1700000000,"narHash":sri("sha256",32),"rev":H(40),"type":"github"}}}},indent=1))
c("gradle-verification.xml", "".join(f'<sha256 value="{H(64)}" origin="Generated by Gradle"/>\n' for _ in range(20)))
c("SHA256SUMS", "".join(f"{H(64)}  secret-{i}.tar.gz\n" for i in range(20)))
c("terraform.lock.hcl", 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.0.0"\n  hashes = [\n'+"".join(f'    "h1:{b64(rb(32))}",\n    "zh:{H(64)}",\n' for _ in range(8))+"  ]\n}\n")
c("index.html", f'<link rel="stylesheet" href="https://cdn.x/a.css" integrity="{sri("sha384",48)}" crossorigin="anonymous">\n')
c("uuids.json", json.dumps([{"id":str(uuid.UUID(bytes=rb(16),version=4)),"tokenId":str(uuid.UUID(bytes=rb(16),version=4))} for _ in range(30)]))
c("project.sln", f'Project("{{{str(uuid.UUID(bytes=rb(16))).upper()}}}") = "App", "App.csproj", "{{{str(uuid.UUID(bytes=rb(16))).upper()}}}"\n')
c("app.csproj", '<Reference Include="Newtonsoft.Json, Version=13.0.0.0, Culture=neutral, PublicKeyToken=30ad4fe6b2a6aeed" />\n')
c("contract.sol", f'address constant TOKEN = 0x{r(40,HEX)};\nbytes32 constant KEY_HASH = 0x{H(64)};\nbytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");\n')
c("addresses.ts", "".join(f'export const TOKEN_{n} = "0x{r(40,HEX)}";\n' for n in ("WETH","USDC","DAI"))+f'export const tokenAddress = "0x{r(40,HEX)}";\n')
c("deploy.json", json.dumps({"txHash":"0x"+H(64),"tokenAddress":"0x"+H(40),"blockHash":"0x"+H(64)}))
c("bitcoin.md", "Donate: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa or bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq\n")
c("authorized_keys", f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{r(340,B64)}= a@b\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{r(43,B64)} c@d\n")
c("known_hosts", f"github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB{r(86,B64)}=\n|1|{b64(rb(20))}|{b64(rb(20))} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{r(43,B64)}\n")
c("cert.pem", "-----BEGIN CERTIFICATE-----\n"+"\n".join(r(64,B64) for _ in range(16))+"\n-----END CERTIFICATE-----\n")
c("pub.pem", "-----BEGIN PUBLIC KEY-----\n"+"\n".join(r(64,B64) for _ in range(5))+"\n-----END PUBLIC KEY-----\n")
c("pub.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"+"\n".join(r(64,B64) for _ in range(12))+f"\n={r(4,B64)}\n-----END PGP PUBLIC KEY BLOCK-----\n")
c("sig.asc", "-----BEGIN PGP SIGNATURE-----\n\n"+"\n".join(r(64,B64) for _ in range(8))+"\n-----END PGP SIGNATURE-----\n")
c("jwks.json", json.dumps({"keys":[{"kty":"RSA","kid":r(40,HEX),"use":"sig","alg":"RS256","n":u64(rb(256)),"e":"AQAB","x5t":u64(rb(20)),"x5c":[b64(rb(800))]}]}))
c("ec-pub.jwk.json", json.dumps({"kty":"EC","crv":"P-256","x":u64(rb(32)),"y":u64(rb(32)),"kid":"k1"}))
c("ansible-vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n"+"\n".join(H(80) for _ in range(8))+"\n")
c("vaulted.yml", "db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"+"".join("  "+H(80)+"\n" for _ in range(6)))
c("sops.yaml", f"db:\n  password: ENC[AES256_GCM,data:{b64(rb(12))},iv:{b64(rb(32))},tag:{b64(rb(16))},type:str]\nsops:\n  age:\n  - recipient: age1{r(58,LN)}\n    enc: |\n      -----BEGIN AGE ENCRYPTED FILE-----\n      {r(64,B64)}\n      -----END AGE ENCRYPTED FILE-----\n  mac: ENC[AES256_GCM,data:{b64(rb(64))},iv:{b64(rb(32))},tag:{b64(rb(16))},type:str]\n")
c("sealed.yaml", f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: Ag{r(400,B64)}\n")
c("travis.yml", f'env:\n  global:\n  - secure: "{b64(rb(256))}"\n')
c("eyaml.yaml", f"db::password: ENC[PKCS7,{b64(rb(300))}]\n")
c(".env.example", "DB_PASSWORD=\nAPI_KEY=your-api-key-here\nSECRET_KEY=changeme\nTOKEN=<your token>\nAWS_SECRET_ACCESS_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nSTRIPE=sk_test_xxxxxxxxxxxxxxxxxxxxxxxx\nOPENAI_API_KEY=sk-...\n")
c(".env.template", "DB_PASSWORD=${DB_PASSWORD}\nJWT_SECRET=$(openssl rand -hex 32)\nAPI_TOKEN={{ vault_api_token }}\nPASS=%PASS%\nSECRET=__SECRET__\n")
c("vars.tf", 'variable "db_password" {\n  type      = string\n  sensitive = true\n}\nresource "x" "y" {\n  password = var.db_password\n  token = data.vault_generic_secret.x.data["token"]\n  secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"\n}\n')
c("deployment.yaml", "env:\n- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db-credentials\n      key: postgres-password\n- name: TOKEN_PATH\n  value: /var/run/secrets/kubernetes.io/serviceaccount/token\n")
c("actions.yml", "steps:\n- uses: actions/checkout@"+H(40)+"\n  with:\n    token: ${{ secrets.GITHUB_TOKEN }}\n    ssh-key: ${{ secrets.DEPLOY_KEY }}\n- uses: docker/login-action@"+H(40)+"\n  with:\n    password: ${{ secrets.DOCKERHUB_TOKEN }}\n")
c("compose.yml", "services:\n  db:\n    image: postgres@sha256:"+H(64)+"\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db_password\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?required}\n      PGPASSWORD: ${PGPASSWORD:-postgres}\n")
c("aws-docs.md", "Configure:\n\n    aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n")
c("jwt-io.md", "Example: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c\n")
c("rfc7519.md", "     eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n")
c("rfc7617.md", "     Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n     Authorization: Bearer mF_9.B5f-4.1JqM\n     Authorization: Basic dXNlcjpwYXNz\n")
c("rfc6749.md", "     grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA\n     \"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\n     \"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\",\n     Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\n")
c("rfc6455.md", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n")
c("ws.py", 'GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"\naccept_key = base64.b64encode(hashlib.sha1(key + GUID).digest())\n')
c("stripe-docs.md", 'stripe.api_key = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"\ncurl https://api.stripe.com/v1/charges -u sk_test_BQokikJOvBiI2HlWgH4olfQ2:\n')
c("slack-docs.md", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX\nxoxb-your-token-here\n")
c("github-docs.md", "export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\ngit clone https://<username>:<token>@github.com/x/y\nghp_YOUR_TOKEN\n")
c("url-docs.md", "postgres://user:password@localhost:5432/db\nmysql://root:root@127.0.0.1/test\nhttps://user:pass@example.com/\nredis://:password@localhost:6379\nmongodb://<user>:<password>@host\namqp://guest:guest@localhost\nftp://anonymous:anonymous@ftp.example.org\n")
c("nist-aes.c", "static const uint8_t key[16] = {0x2b,0x7e,0x15,0x16,0x28,0xae,0xd2,0xa6,0xab,0xf7,0x15,0x88,0x09,0xcf,0x4f,0x3c};\nconst char *test_key = \"2b7e151628aed2a6abf7158809cf4f3c\";\n")
c("hmac_vectors.py", 'VECTORS = [\n  ("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),\n]\nkey = "Jefe"\n')
c("sha_constants.c", "static const uint32_t K[64] = {\n"+",".join("0x%08x"%R.randrange(2**32) for _ in range(64))+"};\n")
c("curve.go", 'p256.P, _ = new(big.Int).SetString("115792089210356248762697446949407573530086143415290314195533631308867097853951", 10)\np256.Gx, _ = new(big.Int).SetString("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", 16)\n')
c("min.js", "!function(e,t){"+"".join(f'var {r(2,AL)}={r(1,AL)}.{r(4,AL)},k{i}="{R.choice(["token","password","secret","apiKey"])}",p={{secret:!0,key:t.key,password:e.password,token:null}};' for i in range(200))+"}(this);\n")
c("min2.js", 'n.exports={SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED:e,keyPrefix:"__reactInternalInstance$",tokenType:"PunctuatorToken",passwordPattern:"^(?=.*[A-Za-z])(?=.*\\\\d)[A-Za-z\\\\d]{8,}$"};')
c("icon.svg", '<svg><path d="M'+"".join(f"{R.randrange(100)}.{R.randrange(999)},{R.randrange(100)}c" for _ in range(200))+'z"/></svg>')
c("fonts.css", "@font-face{font-family:x;src:url(data:font/woff2;base64,d09GMgABAAAAA"+r(3000,B64)+"==) format('woff2')}\n")
c("img.html", '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA'+r(2000,B64)+'">')
c("image.md", "![x](data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7)\n")
c("app.js.map", json.dumps({"version":3,"sources":["a.ts"],"names":["token","secret","password"],"mappings":";".join(r(R.randrange(4,9),AN)+","+r(6,AN) for _ in range(400))}))
c("inline-map.css", "a{}\n/*# sourceMappingURL=data:application/json;base64,"+b64(json.dumps({"version":3,"mappings":"AAAA,"*300}))+" */\n")
c("notebook.ipynb", json.dumps({"cells":[{"cell_type":"code","source":["plt.plot(x)"],"outputs":[{"output_type":"display_data","data":{"image/png":"iVBORw0KGgo"+r(3000,B64)},"metadata":{}}],"metadata":{},"execution_count":1,"id":r(8,HEX)}],"metadata":{},"nbformat":4,"nbformat_minor":5}))
c("desc_pb2.py", "DESCRIPTOR = _descriptor_pool.Default().AddSerializedFile(b'\\n\\x0c\\x61uth.proto\\x12\\x04\\x61uth\\\"5\\n\\x05Token\\x12\\x10\\n\\x08password\\x18\\x01 \\x01(\\tb\\x06proto3')\n")
c("file.pb.go", "var file_rawDesc = []byte{\n"+"".join("\t"+", ".join("0x%02x"%x for x in rb(16))+",\n" for _ in range(60))+"}\n")
c("en.json", json.dumps({"password":"Password","passwordConfirm":"Confirm your password","token":"Token","secret":"Your secret question","apiKey":"API key","forgotPassword":"Forgot password?","invalidPassword":"Wrong password or user name","password_too_short":"At least 12 characters, 1 digit"}))
c("de.yml", "de:\n  password: Passwort\n  new_password: Neues Passwort eingeben\n  token: Zugangsschlüssel\n  secret: Geheimnis\n  wrong_password: 'Das Passwort stimmt nicht (2. Versuch)'\n")
c("zh.properties", "password=\\u5bc6\\u7801\nlogin.password.error=\\u5bc6\\u7801\\u9519\\u8bef\ntoken=\\u4ee4\\u724c\n")
c("messages.po", 'msgid "Password"\nmsgstr "Mot de passe"\n\nmsgid "Your API token expires in %d days"\nmsgstr "Votre jeton expire dans %d jours"\n')
c("strings-android.xml", '<resources><string name="password">Password</string><string name="prompt_token">Enter your token</string><string name="secret_key_title">Secret key</string></resources>\n')
c("words.txt", "\n".join("".join(R.choice(["ba","to","ken","sec","ret","pass","word","li","mo","ra"]) for _ in range(R.randrange(2,6))) for _ in range(3000)))
c("passwords-top.txt", "123456\npassword\n12345678\nqwerty\nabc123\nletmein\nmonkey\niloveyou\ntrustno1\ndragon\n")
c("test_auth.py", 'def test_login(client):\n    r = client.post("/login", data={"username": "bob", "password": "wrong-password"})\n    assert r.status_code == 401\n    user = User(password="secret")\n    user2 = User(password="test123")\n    token = "abc"\n')
c("form.jsx", '<input type="password" name="password" autoComplete="current-password" placeholder="Enter your password" />\n<Field key="apiSecret" label="API secret" secretToken={props.token} />\n')
c("auth.ts", 'const token = await getToken(user.id);\nconst password = req.body.password;\nconst secret = config.get("auth.jwt.secret");\nconst apiKey = process.env.API_KEY;\nthis.accessToken = response.data.access_token;\nconst passwordHash = await bcrypt.hash(password, 10);\n')
c("auth.go", 'token := r.Header.Get("Authorization")\npassword := os.Getenv("DB_PASSWORD")\nif err := bcrypt.CompareHashAndPassword(hash, []byte(password)); err != nil {}\nconst tokenHeader = "X-Auth-Token"\nconst secretName = "my-app-secret"\nconst KeyUsageDigitalSignature = "digitalSignature"\n')
c("Auth.java", 'private static final String TOKEN_HEADER = "X-Auth-Token";\npublic static final String PASSWORD_KEY = "spring.datasource.password";\nString password = request.getParameter("password");\n@Value("${app.secret}") private String secret;\nstatic final long serialVersionUID = -8123456789012345678L;\n')
c("auth.rb", 'validates :password, length: { minimum: 12 }\nhas_secure_password\ntoken = SecureRandom.hex(32)\nsecret = Rails.application.credentials.secret_key_base\npassword = ENV.fetch("DB_PASSWORD")\n')
c("auth.php", "<?php\n$password = $_POST['password'];\n$token = bin2hex(random_bytes(32));\n'password' => env('DB_PASSWORD', ''),\n'secret' => config('services.stripe.secret'),\ndefine('TOKEN_TTL', 3600);\n")
c("auth.rs", 'let token = env::var("API_TOKEN")?;\nlet secret: SecretString = config.secret.into();\nconst PASSWORD_FIELD: &str = "user_password_field";\nstruct Config { password: Option<String>, api_key: String }\n')
c("auth.sh", 'read -rs PASSWORD\nTOKEN=$(cat /run/secrets/token)\nexport API_KEY="${API_KEY:?}"\ncurl -u "$USER:$PASSWORD" "$URL"\nmysql -u root -p"$MYSQL_PASSWORD"\nPASS="$(pwgen -s 32 1)"\ngpg --passphrase-file pass.txt -d x\n')
c("auth.ps1", '$password = Read-Host -AsSecureString\n$token = $env:GH_TOKEN\n$secret = Get-AzKeyVaultSecret -VaultName v -Name "app-secret"\n$cred = New-Object PSCredential("u", $password)\n')
c("openapi.yaml", "components:\n  securitySchemes:\n    apiKey:\n      type: apiKey\n      in: header\n      name: X-API-Key\n    oauth:\n      type: oauth2\n      flows:\n        password:\n          tokenUrl: https://auth.acme.io/oauth/token\n  schemas:\n    Login:\n      properties:\n        password:\n          type: string\n          format: password\n          example: hunter2\n        token:\n          type: string\n          example: 3fa85f64-5717-4562-b3fc-2c963f66afa6\n")
c("schema.sql", "CREATE TABLE users (id int, password varchar(255) NOT NULL, token_hash char(64), api_key_id uuid);\nGRANT SELECT ON secrets TO app;\nALTER USER app WITH PASSWORD :'pw';\n")
c("seed.sql", f"INSERT INTO pages (id, sha) VALUES (1, '{H(40)}'), (2, '{H(40)}');\n")
c("git-log.txt", "".join(f"commit {H(40)}\nAuthor: A <a@b>\nDate: x\n\n    Change token parser\n\n" for _ in range(20)))
c("blame-ignore-revs", "".join(H(40)+"\n" for _ in range(10)))
c("CHANGELOG.md", "".join(f"- Fix token refresh ([{H(7)}](https://github.com/a/b/commit/{H(40)}))\n" for _ in range(20)))
c("etag.http", f'ETag: "{H(32)}"\nX-Request-Id: {uuid.UUID(bytes=rb(16),version=4)}\nIf-None-Match: W/"{H(40)}"\n')
c("csp.conf", f"add_header Content-Security-Policy \"script-src 'sha256-{b64(rb(32))}' 'nonce-$request_id'\";\n")
c("dkim.zone", f'mail._domainkey IN TXT "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA{r(340,B64)}IDAQAB"\n@ IN TXT "google-site-verification={r(43,U64)}"\n')
c("dnskey.zone", f"example.com. IN DNSKEY 257 3 13 {b64(rb(64))}\nexample.com. IN DS 12345 13 2 {H(64).upper()}\n")
c("firebase-web.md", "apiKey: \"YOUR_API_KEY\",\nauthDomain: \"PROJECT_ID.firebaseapp.com\",\nappId: \"APP_ID\"\n")
c("ga.html", "<script>gtag('config', 'UA-12345678-1'); gtag('config','G-ABC123DEF4');</script>\n")
c("recaptcha.html", '<div class="g-recaptcha" data-sitekey="6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"></div>\n')
c("stripe-pub.js", f'const stripe = Stripe("pk_live_{r(24)}");\n')
c("mapbox-pub.js", f'mapboxgl.accessToken = "pk.eyJ1IjoiZXhhbXBsZSIsImEiOiJ{r(30,AN)}ifQ.{r(22,U64)}";\n')
c("sentry-dsn.js", f'Sentry.init({{ dsn: "https://{H(32)}@o12345.ingest.sentry.io/1234567" }});\n')
c("algolia-docsearch.js", "docsearch({ appId: 'BH4D9OD16A', apiKey: '"+H(32)+"', indexName: 'x' }) // public search-only key\n")
c("wasm.js", 'const wasm = "AGFzbQEAAAAB'+r(1200,B64)+'";\n')
c("cpp-mangled.txt", "_ZNSt6vectorIiSaIiEE9push_backEOi\n_ZN4core3fmt9Formatter9write_str17h"+H(16)+"E\n?GetToken@@YAPEAXPEBD@Z\n")
c("regex.py", 'TOKEN_RE = re.compile(r"ghp_[A-Za-z0-9]{36}")\nPASSWORD_RE = r"password\\s*[=:]\\s*[\'\\"]([^\'\\"]+)"\nAWS = r"AKIA[0-9A-Z]{16}"\nKEY = "-----BEGIN RSA PRIVATE KEY-----"\n')
c("key-header-only.go", 'if !strings.HasPrefix(s, "-----BEGIN PRIVATE KEY-----") { return err }\nblock.Type == "RSA PRIVATE KEY"\n')
c("key-placeholder.md", "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n\n-----BEGIN PRIVATE KEY-----\n<your private key here>\n-----END PRIVATE KEY-----\n")
c("keyboard.ts", 'const keyMap = { "key": "ArrowLeft", keyCode: 37, hotkey: "ctrl+shift+k", accessKey: "s", keyPath: "meta.Key0123" };\n')
c("i18n-keys.ts", 'const tokenKey = "settings.auth.token.label2"; const secretLabel = "AUTH_SECRET_LABEL_V2"; t("login:password.placeholder_1")\n')
c("css-module.js", "".join(f'exports.{n} = "styles_{n}__{r(5)}";\n' for n in ("token","secretBox","passwordField","key")))
c("snapshot.snap", f'exports[`token 1`] = `\n<div class="token-{r(6)}" data-key="{H(8)}">\n`;\n')
c("phone.csv", "name,token_id,phone\n"+"".join(f"u{i},{R.randrange(10**9)},+4930{R.randrange(10**7)}\n" for i in range(200)))
c("coords.json", json.dumps([[R.random()*90,R.random()*180] for _ in range(300)]))
c("model-config.json", json.dumps({"bos_token_id":0,"eos_token":"<|endoftext|>","pad_token":"<pad>","tokenizer_class":"GPT2Tokenizer","special_tokens":["[CLS]","[SEP]"]}))
c("vocab.json", json.dumps({r(R.randrange(2,9),AL):i for i in range(800)}))
c("lfs-pointer.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{H(64)}\nsize 12345\n")
c("Dockerfile", "FROM node@sha256:"+H(64)+"\nARG NPM_TOKEN\nENV TOKEN_FILE=/run/secrets/token\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\nRUN echo \"$NPM_TOKEN\" > x && curl -fsSL https://x/k.gpg | gpg --recv-keys "+H(40).upper()+"\n")
c("apt-keys.sh", f"gpg --keyserver hkps://keys.openpgp.org --recv-keys {H(40).upper()}\napt-key adv --recv-key 0x{H(16).upper()}\n")
c("helm-values.yaml", "auth:\n  existingSecret: db-credentials\n  secretKeys:\n    adminPasswordKey: postgres-password\n  password: \"\"\nimage:\n  digest: sha256:"+H(64)+"\n")
c("externalsecret.yaml", "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: password\n    remoteRef:\n      key: prod/db/credentials-v2\n      property: password\n")
c("crd.yaml", "properties:\n  password:\n    description: Password is the password of the user, taken from SecretKeyRef.\n    type: string\n  tokenSecretRef:\n    description: 'Reference to a Secret key: token'\n")
c("license-key.txt", "SPDX-License-Identifier: Apache-2.0\nLicense key format: XXXXX-XXXXX-XXXXX-XXXXX\n")
c("swift-pins.json", json.dumps({"pins":[{"identity":"keychain","state":{"revision":H(40),"version":"1.0.0"}}],"originHash":H(64)}))
c("Podfile.lock", "SPEC CHECKSUMS:\n  KeychainAccess: "+H(40)+"\n  TokenField: "+H(40)+"\n")
c("cs-strong.cs", f'[assembly: InternalsVisibleTo("Tests, PublicKey=0024000004800000940000000602000000240000525341310004000001000100{H(256)}")]\n')
c("hsts.conf", f'Public-Key-Pins "pin-sha256=\\"{b64(rb(32))}\\"; max-age=5184000"\n')
c("pins.xml", f'<pin digest="SHA-256">{b64(rb(32))}</pin>\n')
c("omahahash.json", json.dumps({"manifest":{"key":"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"+r(340,B64)+"IDAQAB","name":"ext"}}))
c("ids.ts", f'export const APP_ID = "{uuid.UUID(bytes=rb(16),version=4)}";\nconst clientId = "{r(12,string.digits)}-{r(32,LN)}.apps.googleusercontent.com";\nconst tenantId = "{uuid.UUID(bytes=rb(16),version=4)}";\n')
c("ulid.py", f'ORDER = "01ARZ3NDEKTSV4RRFFQ69G5FAV"\nobject_id = "{H(24)}"\nyoutube = "dQw4w9WgXcQ"\n')
c("long-ident.py", "AUTHENTICATION_TOKEN_EXPIRATION_SECONDS_DEFAULT_V2 = 3600\nSECRET_MANAGER_PROVIDER = 'google-secret-manager-v1beta2'\nAPI_KEY_NAME = 'x-amzn-apikey-2023-header'\n")
c("path.ini", "[auth]\npassword_file = /etc/app/secrets/db-password.txt\ntoken_url = https://login.acme.io/oauth2/v2.0/token\nprivate_key = ~/.ssh/id_ed25519\nsecret_key_path=/var/lib/app2/key3.pem\n")
c("readme-masked.md", "AWS_SECRET_ACCESS_KEY=****************************abcd\nTOKEN=ghp_************************************\npassword: ••••••••\napi_key: 1234...cdef\n")
c("sequence.py", 'ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"\nkey_chars = "0123456789abcdef0123456789abcdef"\npassword_charset = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*"\n')
c("zeros.env", "SECRET_KEY=00000000000000000000000000000000\nAPI_KEY=11111111-2222-3333-4444-555555555555\nTOKEN=deadbeefdeadbeefdeadbeefdeadbeef\nPASSWORD=aaaaaaaaaaaaaaaa\n")
c("rsa-test-moduli", "20120821044040 2 6 100 1023 2 "+H(256).upper()+"\n")
c("ical.ics", f"BEGIN:VEVENT\nUID:{uuid.UUID(bytes=rb(16),version=4)}@google.com\nEND:VEVENT\n")
c("mbox.eml", f"Message-ID: <CA+{r(50,U64)}@mail.gmail.com>\nDKIM-Signature: v=1; a=rsa-sha256; bh={b64(rb(32))}; b={b64(rb(128))}\n")
c("clean.zip", z([("a.txt","hello"),("b/package-lock.json",json.dumps({"integrity":sri()}))]))
c("clean.tar.gz", tar([("a.txt","hello"),("b.md","password: changeme")],"w:gz"))
c("random.bin", rb(60000))
c("photo.png", b"\x89PNG\r\n\x1a\n"+rb(40000))
c("hexdump.txt", "".join("%08x  %s  |................|\n"%(i*16," ".join("%02x"%x for x in rb(16))) for i in range(100)))
c("intel.hex", "".join(":10%04X00%s%02X\n"%(i*16,H(32).upper(),R.randrange(256)) for i in range(80)))
c("dna.fasta", ">seq1\n"+"\n".join(r(70,"ACGT") for _ in range(40))+"\n>prot\n"+"\n".join(r(60,"ACDEFGHIKLMNPQRSTVWY") for _ in range(20))+"\n")
c("pgn.txt", "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 [FEN \"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1\"]\n")
c("xcode.pbxproj", "".join(f"\t\t{H(24).upper()} /* Token.swift in Sources */ = {{isa = PBXBuildFile; fileRef = {H(24).upper()} /* Token.swift */; }};\n" for _ in range(40)))
c("unity.meta", f"fileFormatVersion: 2\nguid: {H(32)}\n")
c("vcr.yml", "headers:\n  Authorization:\n  - Bearer <REDACTED>\n  - token [FILTERED]\n  X-Api-Key:\n  - DUMMY_KEY\n")
c("magic.h", '#define CRYPTO_KEY_SIZE 32\n#define SECRET_MAGIC 0xdeadbeefcafebabeULL\nstatic const char *password_prompt = "Enter passphrase for key \'%s\': ";\n#define AUTH_TOKEN_PREFIX "tok_v1_"\n')
c("keywords.vim", "syn keyword cTodo token password secret\nlet g:secret_key_map = '<leader>sk1'\n")
c("emailtpl.html", '<a href="{{ url }}?token={{ token }}">Reset password</a><p>Your password: {{ password }}</p><a href="https://acme.io/reset?token=%s">x</a>\n')


def write():
    for kind, files in (("planted", P), ("clean", C)):
        shutil.rmtree(OUT / kind, ignore_errors=True)
        for name, content in files:
            path = OUT / kind / name
            # Where the name of a file matters, it has a folder of its own.
            if name.startswith("c-"):
                own = ".npmrc" if name.endswith(".npmrc") else name[2:]
                path = OUT / kind / f"{name[2:].replace('.', '_').strip('_')}-d" / own
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def files(kind):
    return {str(p.relative_to(OUT)) for p in (OUT / kind).rglob("*") if p.is_file()}


def of_newgate():
    """The files in which newgate finds a secret."""
    repo = OUT / "repo"
    shutil.rmtree(repo, ignore_errors=True)
    repo.mkdir()
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.com"]
    for command in (["init", "-q", "-b", "main"], ["commit", "-qm", "Start", "--allow-empty"], ["switch", "-qc", "feature"]):
        subprocess.run([*git, *command], cwd=repo, check=True)
    for kind in ("planted", "clean"):
        shutil.copytree(OUT / kind, repo / kind)
    for command in (["add", "-Af", "."], ["commit", "-qm", "Add"]):
        subprocess.run([*git, *command], cwd=repo, check=True)
    newgate = pathlib.Path(OPTIONS.newgate).resolve()
    ran = subprocess.run([newgate, "check", "--target", "main", "--format", "json"], cwd=repo, stdout=subprocess.PIPE)
    report = json.loads(ran.stdout)
    report = report[0] if isinstance(report, list) else report
    occurrences = [o for issue in report["issues"] for o in issue["occurrences"]]
    return [o["path"] for o in occurrences if "secrets" in o["scanners"]]


def of_kingfisher():
    command = "kingfisher scan planted clean --git-history none --no-validate --no-update-check --quiet --format json".split()
    ran = subprocess.run(command, cwd=OUT, stdout=subprocess.PIPE)
    found = []
    for line in ran.stdout.decode().splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            continue
        for one in document.get("findings", []) if isinstance(document, dict) else document:
            found.append(one["finding"]["path"])
    return found


def of_betterleaks():
    report = OUT / "betterleaks.json"
    command = ["betterleaks", "planted", "clean", "-o", report, "--no-banner"]
    subprocess.run(command, cwd=OUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [one["location"]["path"] for one in json.loads(report.read_text())["findings"]]


def of_detect_secrets():
    ran = subprocess.run(["detect-secrets", "scan", "--all-files", "planted", "clean"], cwd=OUT, stdout=subprocess.PIPE)
    return list(json.loads(ran.stdout)["results"])


def main():
    write()
    planted, clean = files("planted"), files("clean")
    runs = {"newgate": of_newgate, "betterleaks": of_betterleaks, "kingfisher": of_kingfisher, "detect-secrets": of_detect_secrets}
    for name, run in runs.items():
        if name != "newgate" and not shutil.which(name):
            continue
        found = {os.path.normpath(os.path.join(OUT, p)) for p in run()}

        def is_found(path):
            whole = str(OUT / path)
            return any(f == whole or f.startswith((whole + "/", whole + "!")) for f in found)

        hits, alarms = sorted(filter(is_found, planted)), sorted(filter(is_found, clean))
        print(f"{name:15} {len(hits)} of {len(planted)} found ({len(hits) / len(planted):.1%}), "
              f"{len(alarms)} of {len(clean)} clean files with an alarm")
        if name == "newgate":
            print("  missed:", *sorted(planted - set(hits)), sep="\n    ")
            print("  alarms:", *alarms, sep="\n    ")


main()
