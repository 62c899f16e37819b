//! The rules that are compiled in: `LANGUAGE/RULE.yml`, by language. A test compares it with the folders.

/// The rules of a language: their names, and their text.
pub(super) type Listed = &'static [(&'static str, &'static str)];

pub(super) const PYTHON: Listed = &[
    (
        "argument-from-request",
        include_str!("python/argument-from-request.yml"),
    ),
    ("assert-auth", include_str!("python/assert-auth.yml")),
    (
        "attribute-from-request",
        include_str!("python/attribute-from-request.yml"),
    ),
    ("auth-by-cookie", include_str!("python/auth-by-cookie.yml")),
    ("autoescape-off", include_str!("python/autoescape-off.yml")),
    ("bind-all", include_str!("python/bind-all.yml")),
    ("code-injection", include_str!("python/code-injection.yml")),
    (
        "command-from-request",
        include_str!("python/command-from-request.yml"),
    ),
    (
        "command-injection",
        include_str!("python/command-injection.yml"),
    ),
    (
        "command-injection-sh-c",
        include_str!("python/command-injection-sh-c.yml"),
    ),
    (
        "command-injection-shell-true",
        include_str!("python/command-injection-shell-true.yml"),
    ),
    (
        "command-wrapper",
        include_str!("python/command-wrapper.yml"),
    ),
    ("cookie-flags", include_str!("python/cookie-flags.yml")),
    (
        "cookie-settings",
        include_str!("python/cookie-settings.yml"),
    ),
    (
        "cors-any-origin",
        include_str!("python/cors-any-origin.yml"),
    ),
    ("csrf-exempt", include_str!("python/csrf-exempt.yml")),
    (
        "debug-toolbar-pdb",
        include_str!("python/debug-toolbar-pdb.yml"),
    ),
    (
        "django-allowed-hosts",
        include_str!("python/django-allowed-hosts.yml"),
    ),
    ("django-debug", include_str!("python/django-debug.yml")),
    ("ecb", include_str!("python/ecb.yml")),
    ("error-details", include_str!("python/error-details.yml")),
    ("exec-import", include_str!("python/exec-import.yml")),
    (
        "expression-evaluation",
        include_str!("python/expression-evaluation.yml"),
    ),
    ("flask-debug", include_str!("python/flask-debug.yml")),
    (
        "hard-coded-cipher-key",
        include_str!("python/hard-coded-cipher-key.yml"),
    ),
    (
        "hard-coded-password",
        include_str!("python/hard-coded-password.yml"),
    ),
    (
        "hard-coded-secret-key",
        include_str!("python/hard-coded-secret-key.yml"),
    ),
    (
        "header-injection",
        include_str!("python/header-injection.yml"),
    ),
    (
        "insecure-random",
        include_str!("python/insecure-random.yml"),
    ),
    (
        "insecure-random-function",
        include_str!("python/insecure-random-function.yml"),
    ),
    (
        "jinja-autoescape-off",
        include_str!("python/jinja-autoescape-off.yml"),
    ),
    (
        "jwt-none-algorithm",
        include_str!("python/jwt-none-algorithm.yml"),
    ),
    ("jwt-secret", include_str!("python/jwt-secret.yml")),
    ("jwt-unverified", include_str!("python/jwt-unverified.yml")),
    ("ldap-injection", include_str!("python/ldap-injection.yml")),
    ("log-injection", include_str!("python/log-injection.yml")),
    ("log-secret", include_str!("python/log-secret.yml")),
    (
        "mass-assignment",
        include_str!("python/mass-assignment.yml"),
    ),
    (
        "nosql-injection",
        include_str!("python/nosql-injection.yml"),
    ),
    ("open-redirect", include_str!("python/open-redirect.yml")),
    ("path-traversal", include_str!("python/path-traversal.yml")),
    (
        "path-traversal-pathlib",
        include_str!("python/path-traversal-pathlib.yml"),
    ),
    (
        "path-traversal-save",
        include_str!("python/path-traversal-save.yml"),
    ),
    (
        "permissive-mode",
        include_str!("python/permissive-mode.yml"),
    ),
    (
        "pickle-sessions",
        include_str!("python/pickle-sessions.yml"),
    ),
    ("plain-password", include_str!("python/plain-password.yml")),
    (
        "regex-from-request",
        include_str!("python/regex-from-request.yml"),
    ),
    ("regex-slow", include_str!("python/regex-slow.yml")),
    ("secret-default", include_str!("python/secret-default.yml")),
    ("sql-injection", include_str!("python/sql-injection.yml")),
    (
        "sql-injection-django-extra",
        include_str!("python/sql-injection-django-extra.yml"),
    ),
    ("ssh-host-key", include_str!("python/ssh-host-key.yml")),
    ("ssrf", include_str!("python/ssrf.yml")),
    ("ssrf-session", include_str!("python/ssrf-session.yml")),
    ("ssti", include_str!("python/ssti.yml")),
    ("static-iv", include_str!("python/static-iv.yml")),
    ("telnet-ftp", include_str!("python/telnet-ftp.yml")),
    ("temp-path", include_str!("python/temp-path.yml")),
    ("temp-race", include_str!("python/temp-race.yml")),
    (
        "timing-comparison",
        include_str!("python/timing-comparison.yml"),
    ),
    (
        "tls-context-unverified",
        include_str!("python/tls-context-unverified.yml"),
    ),
    (
        "tls-old-version",
        include_str!("python/tls-old-version.yml"),
    ),
    (
        "tls-verification-off",
        include_str!("python/tls-verification-off.yml"),
    ),
    (
        "tornado-xsrf-off",
        include_str!("python/tornado-xsrf-off.yml"),
    ),
    (
        "unsafe-deserialisation",
        include_str!("python/unsafe-deserialisation.yml"),
    ),
    ("unsafe-yaml", include_str!("python/unsafe-yaml.yml")),
    (
        "upload-any-type",
        include_str!("python/upload-any-type.yml"),
    ),
    ("weak-cipher", include_str!("python/weak-cipher.yml")),
    ("weak-hash", include_str!("python/weak-hash.yml")),
    (
        "weak-hash-by-name",
        include_str!("python/weak-hash-by-name.yml"),
    ),
    (
        "weak-hash-password",
        include_str!("python/weak-hash-password.yml"),
    ),
    ("weak-key-size", include_str!("python/weak-key-size.yml")),
    (
        "weak-password-hasher",
        include_str!("python/weak-password-hasher.yml"),
    ),
    (
        "xpath-injection",
        include_str!("python/xpath-injection.yml"),
    ),
    ("xss-mark-safe", include_str!("python/xss-mark-safe.yml")),
    ("xss-response", include_str!("python/xss-response.yml")),
    ("xss-return", include_str!("python/xss-return.yml")),
    ("xxe", include_str!("python/xxe.yml")),
    ("xxe-feature", include_str!("python/xxe-feature.yml")),
    ("xxe-parse", include_str!("python/xxe-parse.yml")),
    (
        "xxe-resolve-entities",
        include_str!("python/xxe-resolve-entities.yml"),
    ),
    ("zip-slip", include_str!("python/zip-slip.yml")),
];

pub(super) const JAVASCRIPT: Listed = &[
    (
        "auth-by-cookie",
        include_str!("javascript/auth-by-cookie.yml"),
    ),
    (
        "auth-by-request",
        include_str!("javascript/auth-by-request.yml"),
    ),
    ("bind-all", include_str!("javascript/bind-all.yml")),
    (
        "code-injection",
        include_str!("javascript/code-injection.yml"),
    ),
    (
        "code-injection-timer",
        include_str!("javascript/code-injection-timer.yml"),
    ),
    (
        "command-from-request",
        include_str!("javascript/command-from-request.yml"),
    ),
    (
        "command-injection",
        include_str!("javascript/command-injection.yml"),
    ),
    (
        "command-injection-sh-c",
        include_str!("javascript/command-injection-sh-c.yml"),
    ),
    (
        "command-injection-spawn-shell",
        include_str!("javascript/command-injection-spawn-shell.yml"),
    ),
    ("cookie-flags", include_str!("javascript/cookie-flags.yml")),
    (
        "cookie-session-flags",
        include_str!("javascript/cookie-session-flags.yml"),
    ),
    (
        "cors-any-origin",
        include_str!("javascript/cors-any-origin.yml"),
    ),
    (
        "cors-wildcard",
        include_str!("javascript/cors-wildcard.yml"),
    ),
    ("csrf-off", include_str!("javascript/csrf-off.yml")),
    (
        "directory-listing",
        include_str!("javascript/directory-listing.yml"),
    ),
    (
        "dynamic-require",
        include_str!("javascript/dynamic-require.yml"),
    ),
    (
        "electron-isolation-off",
        include_str!("javascript/electron-isolation-off.yml"),
    ),
    (
        "electron-node-integration",
        include_str!("javascript/electron-node-integration.yml"),
    ),
    (
        "error-details",
        include_str!("javascript/error-details.yml"),
    ),
    (
        "graphql-introspection",
        include_str!("javascript/graphql-introspection.yml"),
    ),
    (
        "hard-coded-hmac-key",
        include_str!("javascript/hard-coded-hmac-key.yml"),
    ),
    (
        "hard-coded-secret",
        include_str!("javascript/hard-coded-secret.yml"),
    ),
    ("helmet-off", include_str!("javascript/helmet-off.yml")),
    (
        "insecure-random",
        include_str!("javascript/insecure-random.yml"),
    ),
    (
        "insecure-random-function",
        include_str!("javascript/insecure-random-function.yml"),
    ),
    ("jwt-decoded", include_str!("javascript/jwt-decoded.yml")),
    (
        "jwt-decoded-identity",
        include_str!("javascript/jwt-decoded-identity.yml"),
    ),
    (
        "jwt-expiry-ignored",
        include_str!("javascript/jwt-expiry-ignored.yml"),
    ),
    ("jwt-none", include_str!("javascript/jwt-none.yml")),
    ("jwt-secret", include_str!("javascript/jwt-secret.yml")),
    (
        "jwt-unverified",
        include_str!("javascript/jwt-unverified.yml"),
    ),
    (
        "ldap-injection",
        include_str!("javascript/ldap-injection.yml"),
    ),
    (
        "log-injection",
        include_str!("javascript/log-injection.yml"),
    ),
    ("log-secret", include_str!("javascript/log-secret.yml")),
    (
        "mass-assignment",
        include_str!("javascript/mass-assignment.yml"),
    ),
    (
        "nosql-injection",
        include_str!("javascript/nosql-injection.yml"),
    ),
    ("nosql-parsed", include_str!("javascript/nosql-parsed.yml")),
    ("nosql-where", include_str!("javascript/nosql-where.yml")),
    (
        "open-redirect",
        include_str!("javascript/open-redirect.yml"),
    ),
    (
        "open-redirect-location",
        include_str!("javascript/open-redirect-location.yml"),
    ),
    (
        "path-traversal",
        include_str!("javascript/path-traversal.yml"),
    ),
    (
        "permissive-mode",
        include_str!("javascript/permissive-mode.yml"),
    ),
    (
        "post-message-any-target",
        include_str!("javascript/post-message-any-target.yml"),
    ),
    (
        "prototype-pollution-copy",
        include_str!("javascript/prototype-pollution-copy.yml"),
    ),
    (
        "prototype-pollution-merge",
        include_str!("javascript/prototype-pollution-merge.yml"),
    ),
    ("redos", include_str!("javascript/redos.yml")),
    (
        "regex-from-request",
        include_str!("javascript/regex-from-request.yml"),
    ),
    (
        "remote-property",
        include_str!("javascript/remote-property.yml"),
    ),
    (
        "render-from-request",
        include_str!("javascript/render-from-request.yml"),
    ),
    (
        "secret-default",
        include_str!("javascript/secret-default.yml"),
    ),
    (
        "send-file-root",
        include_str!("javascript/send-file-root.yml"),
    ),
    (
        "service-parameter",
        include_str!("javascript/service-parameter.yml"),
    ),
    (
        "session-cookie-default",
        include_str!("javascript/session-cookie-default.yml"),
    ),
    (
        "session-secret",
        include_str!("javascript/session-secret.yml"),
    ),
    ("sql-fragment", include_str!("javascript/sql-fragment.yml")),
    (
        "sql-from-request",
        include_str!("javascript/sql-from-request.yml"),
    ),
    (
        "sql-injection",
        include_str!("javascript/sql-injection.yml"),
    ),
    (
        "sql-injection-builder",
        include_str!("javascript/sql-injection-builder.yml"),
    ),
    (
        "sql-raw-unsafe",
        include_str!("javascript/sql-raw-unsafe.yml"),
    ),
    ("ssrf", include_str!("javascript/ssrf.yml")),
    ("ssti", include_str!("javascript/ssti.yml")),
    ("static-iv", include_str!("javascript/static-iv.yml")),
    ("temp-file", include_str!("javascript/temp-file.yml")),
    (
        "tls-verification-off",
        include_str!("javascript/tls-verification-off.yml"),
    ),
    (
        "token-in-storage",
        include_str!("javascript/token-in-storage.yml"),
    ),
    (
        "unsafe-deserialisation",
        include_str!("javascript/unsafe-deserialisation.yml"),
    ),
    ("unsafe-yaml", include_str!("javascript/unsafe-yaml.yml")),
    (
        "upload-any-type",
        include_str!("javascript/upload-any-type.yml"),
    ),
    (
        "upload-executable",
        include_str!("javascript/upload-executable.yml"),
    ),
    ("weak-cipher", include_str!("javascript/weak-cipher.yml")),
    ("weak-hash", include_str!("javascript/weak-hash.yml")),
    (
        "weak-hash-password",
        include_str!("javascript/weak-hash-password.yml"),
    ),
    (
        "xpath-injection",
        include_str!("javascript/xpath-injection.yml"),
    ),
    (
        "xss-bypass-security-trust",
        include_str!("javascript/xss-bypass-security-trust.yml"),
    ),
    (
        "xss-context-body",
        include_str!("javascript/xss-context-body.yml"),
    ),
    (
        "xss-dangerously-set",
        include_str!("javascript/xss-dangerously-set.yml"),
    ),
    (
        "xss-document-write",
        include_str!("javascript/xss-document-write.yml"),
    ),
    (
        "xss-escape-off",
        include_str!("javascript/xss-escape-off.yml"),
    ),
    (
        "xss-handler-return",
        include_str!("javascript/xss-handler-return.yml"),
    ),
    (
        "xss-inner-html",
        include_str!("javascript/xss-inner-html.yml"),
    ),
    (
        "xss-new-response",
        include_str!("javascript/xss-new-response.yml"),
    ),
    ("xss-response", include_str!("javascript/xss-response.yml")),
    (
        "xss-response-built",
        include_str!("javascript/xss-response-built.yml"),
    ),
    (
        "xss-template-query",
        include_str!("javascript/xss-template-query.yml"),
    ),
    (
        "xss-template-unescaped",
        include_str!("javascript/xss-template-unescaped.yml"),
    ),
    (
        "xss-user-text",
        include_str!("javascript/xss-user-text.yml"),
    ),
    ("xxe", include_str!("javascript/xxe.yml")),
    ("zip-slip", include_str!("javascript/zip-slip.yml")),
];

pub(super) const GO: Listed = &[
    ("bind-all", include_str!("go/bind-all.yml")),
    (
        "body-without-limit",
        include_str!("go/body-without-limit.yml"),
    ),
    (
        "command-from-request",
        include_str!("go/command-from-request.yml"),
    ),
    (
        "command-injection",
        include_str!("go/command-injection.yml"),
    ),
    ("command-name", include_str!("go/command-name.yml")),
    ("cookie-flags", include_str!("go/cookie-flags.yml")),
    ("cors-any-origin", include_str!("go/cors-any-origin.yml")),
    (
        "cors-any-origin-header",
        include_str!("go/cors-any-origin-header.yml"),
    ),
    (
        "database-password",
        include_str!("go/database-password.yml"),
    ),
    ("error-details", include_str!("go/error-details.yml")),
    ("grpc-insecure", include_str!("go/grpc-insecure.yml")),
    (
        "hard-coded-password",
        include_str!("go/hard-coded-password.yml"),
    ),
    ("insecure-random", include_str!("go/insecure-random.yml")),
    (
        "insecure-random-function",
        include_str!("go/insecure-random-function.yml"),
    ),
    ("jwt-none", include_str!("go/jwt-none.yml")),
    ("jwt-secret", include_str!("go/jwt-secret.yml")),
    ("jwt-unverified", include_str!("go/jwt-unverified.yml")),
    ("ldap-injection", include_str!("go/ldap-injection.yml")),
    ("log-injection", include_str!("go/log-injection.yml")),
    ("log-secret", include_str!("go/log-secret.yml")),
    ("mass-assignment", include_str!("go/mass-assignment.yml")),
    (
        "math-rand-seed-time",
        include_str!("go/math-rand-seed-time.yml"),
    ),
    ("nosql-injection", include_str!("go/nosql-injection.yml")),
    ("open-redirect", include_str!("go/open-redirect.yml")),
    ("path-traversal", include_str!("go/path-traversal.yml")),
    (
        "path-traversal-serve",
        include_str!("go/path-traversal-serve.yml"),
    ),
    (
        "path-traversal-upload",
        include_str!("go/path-traversal-upload.yml"),
    ),
    ("permissive-mode", include_str!("go/permissive-mode.yml")),
    ("pprof", include_str!("go/pprof.yml")),
    ("secret-default", include_str!("go/secret-default.yml")),
    (
        "server-without-timeout",
        include_str!("go/server-without-timeout.yml"),
    ),
    ("session-secret", include_str!("go/session-secret.yml")),
    ("sql-injection", include_str!("go/sql-injection.yml")),
    (
        "sql-injection-context",
        include_str!("go/sql-injection-context.yml"),
    ),
    (
        "sql-injection-gorm",
        include_str!("go/sql-injection-gorm.yml"),
    ),
    ("sql-text", include_str!("go/sql-text.yml")),
    ("ssh-host-key", include_str!("go/ssh-host-key.yml")),
    ("ssrf", include_str!("go/ssrf.yml")),
    ("ssti", include_str!("go/ssti.yml")),
    ("static-iv", include_str!("go/static-iv.yml")),
    ("temp-file", include_str!("go/temp-file.yml")),
    (
        "text-template-html",
        include_str!("go/text-template-html.yml"),
    ),
    ("tls-old-version", include_str!("go/tls-old-version.yml")),
    (
        "tls-verification-off",
        include_str!("go/tls-verification-off.yml"),
    ),
    (
        "unsafe-deserialisation",
        include_str!("go/unsafe-deserialisation.yml"),
    ),
    ("weak-cipher", include_str!("go/weak-cipher.yml")),
    ("weak-hash", include_str!("go/weak-hash.yml")),
    (
        "weak-hash-password",
        include_str!("go/weak-hash-password.yml"),
    ),
    ("xpath-injection", include_str!("go/xpath-injection.yml")),
    ("xss-response", include_str!("go/xss-response.yml")),
    ("xss-sprintf", include_str!("go/xss-sprintf.yml")),
    (
        "xss-template-html",
        include_str!("go/xss-template-html.yml"),
    ),
    (
        "xss-text-template",
        include_str!("go/xss-text-template.yml"),
    ),
    ("zip-slip", include_str!("go/zip-slip.yml")),
];

pub(super) const JAVA: Listed = &[
    ("access-open", include_str!("java/access-open.yml")),
    (
        "actuator-exposed",
        include_str!("java/actuator-exposed.yml"),
    ),
    (
        "class-from-request",
        include_str!("java/class-from-request.yml"),
    ),
    ("code-injection", include_str!("java/code-injection.yml")),
    (
        "command-injection",
        include_str!("java/command-injection.yml"),
    ),
    (
        "command-injection-pb-command",
        include_str!("java/command-injection-pb-command.yml"),
    ),
    (
        "command-injection-pb-shell",
        include_str!("java/command-injection-pb-shell.yml"),
    ),
    (
        "command-injection-process-builder",
        include_str!("java/command-injection-process-builder.yml"),
    ),
    ("cookie-flag-off", include_str!("java/cookie-flag-off.yml")),
    ("cookie-flags", include_str!("java/cookie-flags.yml")),
    ("cors-any-origin", include_str!("java/cors-any-origin.yml")),
    ("csrf-off", include_str!("java/csrf-off.yml")),
    (
        "database-password",
        include_str!("java/database-password.yml"),
    ),
    ("ecb", include_str!("java/ecb.yml")),
    ("error-details", include_str!("java/error-details.yml")),
    (
        "fastjson-autotype",
        include_str!("java/fastjson-autotype.yml"),
    ),
    ("groovy-code", include_str!("java/groovy-code.yml")),
    ("hard-coded-key", include_str!("java/hard-coded-key.yml")),
    (
        "hard-coded-password",
        include_str!("java/hard-coded-password.yml"),
    ),
    (
        "header-injection",
        include_str!("java/header-injection.yml"),
    ),
    ("headers-off", include_str!("java/headers-off.yml")),
    ("insecure-random", include_str!("java/insecure-random.yml")),
    (
        "insecure-random-function",
        include_str!("java/insecure-random-function.yml"),
    ),
    (
        "insecure-random-use",
        include_str!("java/insecure-random-use.yml"),
    ),
    (
        "jackson-default-typing",
        include_str!("java/jackson-default-typing.yml"),
    ),
    ("jndi-lookup", include_str!("java/jndi-lookup.yml")),
    ("jwt-secret", include_str!("java/jwt-secret.yml")),
    ("jwt-unverified", include_str!("java/jwt-unverified.yml")),
    ("ldap-injection", include_str!("java/ldap-injection.yml")),
    ("log-injection", include_str!("java/log-injection.yml")),
    ("log-secret", include_str!("java/log-secret.yml")),
    (
        "mass-assignment-bind",
        include_str!("java/mass-assignment-bind.yml"),
    ),
    ("nosql-injection", include_str!("java/nosql-injection.yml")),
    ("open-redirect", include_str!("java/open-redirect.yml")),
    (
        "open-redirect-view",
        include_str!("java/open-redirect-view.yml"),
    ),
    (
        "password-encoder",
        include_str!("java/password-encoder.yml"),
    ),
    ("path-traversal", include_str!("java/path-traversal.yml")),
    ("permissive-mode", include_str!("java/permissive-mode.yml")),
    (
        "regex-from-request",
        include_str!("java/regex-from-request.yml"),
    ),
    (
        "sql-from-request",
        include_str!("java/sql-from-request.yml"),
    ),
    ("sql-injection", include_str!("java/sql-injection.yml")),
    (
        "sql-injection-mapper",
        include_str!("java/sql-injection-mapper.yml"),
    ),
    (
        "sql-injection-mapper-name",
        include_str!("java/sql-injection-mapper-name.yml"),
    ),
    (
        "sql-injection-mybatis",
        include_str!("java/sql-injection-mybatis.yml"),
    ),
    ("sql-text", include_str!("java/sql-text.yml")),
    ("ssrf", include_str!("java/ssrf.yml")),
    ("ssrf-parameter", include_str!("java/ssrf-parameter.yml")),
    ("ssti", include_str!("java/ssti.yml")),
    ("static-iv", include_str!("java/static-iv.yml")),
    ("temp-race", include_str!("java/temp-race.yml")),
    (
        "tls-lambda-verifier",
        include_str!("java/tls-lambda-verifier.yml"),
    ),
    ("tls-old-version", include_str!("java/tls-old-version.yml")),
    (
        "tls-verification-off",
        include_str!("java/tls-verification-off.yml"),
    ),
    ("trust-boundary", include_str!("java/trust-boundary.yml")),
    (
        "unsafe-deserialisation",
        include_str!("java/unsafe-deserialisation.yml"),
    ),
    (
        "unsafe-deserialisation-decoded",
        include_str!("java/unsafe-deserialisation-decoded.yml"),
    ),
    (
        "unsafe-deserialisation-xml",
        include_str!("java/unsafe-deserialisation-xml.yml"),
    ),
    ("unsafe-yaml", include_str!("java/unsafe-yaml.yml")),
    (
        "view-from-request",
        include_str!("java/view-from-request.yml"),
    ),
    ("weak-cipher", include_str!("java/weak-cipher.yml")),
    ("weak-hash", include_str!("java/weak-hash.yml")),
    ("xpath-injection", include_str!("java/xpath-injection.yml")),
    ("xss-body", include_str!("java/xss-body.yml")),
    ("xss-html", include_str!("java/xss-html.yml")),
    ("xss-response", include_str!("java/xss-response.yml")),
    ("xss-return", include_str!("java/xss-return.yml")),
    ("xxe", include_str!("java/xxe.yml")),
    ("xxe-parse", include_str!("java/xxe-parse.yml")),
    ("xxe-readers", include_str!("java/xxe-readers.yml")),
    ("zip-slip", include_str!("java/zip-slip.yml")),
];

pub(super) const PHP: Listed = &[
    ("auth-by-cookie", include_str!("php/auth-by-cookie.yml")),
    (
        "auth-by-ip-header",
        include_str!("php/auth-by-ip-header.yml"),
    ),
    ("backdoor", include_str!("php/backdoor.yml")),
    (
        "class-from-request",
        include_str!("php/class-from-request.yml"),
    ),
    ("code-injection", include_str!("php/code-injection.yml")),
    (
        "code-injection-callback",
        include_str!("php/code-injection-callback.yml"),
    ),
    (
        "code-injection-eval",
        include_str!("php/code-injection-eval.yml"),
    ),
    (
        "command-injection",
        include_str!("php/command-injection.yml"),
    ),
    (
        "command-injection-backticks",
        include_str!("php/command-injection-backticks.yml"),
    ),
    (
        "command-injection-process",
        include_str!("php/command-injection-process.yml"),
    ),
    ("cookie-flags", include_str!("php/cookie-flags.yml")),
    ("cors-any-origin", include_str!("php/cors-any-origin.yml")),
    ("csrf-off", include_str!("php/csrf-off.yml")),
    (
        "database-password",
        include_str!("php/database-password.yml"),
    ),
    ("debug-on", include_str!("php/debug-on.yml")),
    ("error-details", include_str!("php/error-details.yml")),
    ("file-inclusion", include_str!("php/file-inclusion.yml")),
    ("insecure-random", include_str!("php/insecure-random.yml")),
    (
        "insecure-random-function",
        include_str!("php/insecure-random-function.yml"),
    ),
    ("jwt-secret", include_str!("php/jwt-secret.yml")),
    ("ldap-injection", include_str!("php/ldap-injection.yml")),
    ("loose-comparison", include_str!("php/loose-comparison.yml")),
    ("magic-method", include_str!("php/magic-method.yml")),
    ("mail-header", include_str!("php/mail-header.yml")),
    ("mass-assignment", include_str!("php/mass-assignment.yml")),
    (
        "mass-assignment-unguarded",
        include_str!("php/mass-assignment-unguarded.yml"),
    ),
    ("nosql-injection", include_str!("php/nosql-injection.yml")),
    ("open-redirect", include_str!("php/open-redirect.yml")),
    ("path-traversal", include_str!("php/path-traversal.yml")),
    (
        "path-traversal-response",
        include_str!("php/path-traversal-response.yml"),
    ),
    ("permissive-mode", include_str!("php/permissive-mode.yml")),
    ("phpinfo", include_str!("php/phpinfo.yml")),
    (
        "preg-replace-eval",
        include_str!("php/preg-replace-eval.yml"),
    ),
    (
        "regex-from-request",
        include_str!("php/regex-from-request.yml"),
    ),
    ("secret-default", include_str!("php/secret-default.yml")),
    ("session-fixation", include_str!("php/session-fixation.yml")),
    ("sql-fragment", include_str!("php/sql-fragment.yml")),
    ("sql-from-request", include_str!("php/sql-from-request.yml")),
    ("sql-injection", include_str!("php/sql-injection.yml")),
    (
        "sql-injection-method",
        include_str!("php/sql-injection-method.yml"),
    ),
    (
        "sql-injection-static",
        include_str!("php/sql-injection-static.yml"),
    ),
    (
        "sql-injection-where",
        include_str!("php/sql-injection-where.yml"),
    ),
    (
        "sql-injection-wrapper",
        include_str!("php/sql-injection-wrapper.yml"),
    ),
    ("ssrf", include_str!("php/ssrf.yml")),
    ("ssrf-client", include_str!("php/ssrf-client.yml")),
    ("ssti", include_str!("php/ssti.yml")),
    ("static-iv", include_str!("php/static-iv.yml")),
    (
        "tls-verification-off",
        include_str!("php/tls-verification-off.yml"),
    ),
    (
        "unsafe-deserialisation",
        include_str!("php/unsafe-deserialisation.yml"),
    ),
    ("upload", include_str!("php/upload.yml")),
    (
        "upload-client-name",
        include_str!("php/upload-client-name.yml"),
    ),
    (
        "variable-variable",
        include_str!("php/variable-variable.yml"),
    ),
    (
        "variables-from-request",
        include_str!("php/variables-from-request.yml"),
    ),
    ("weak-cipher", include_str!("php/weak-cipher.yml")),
    ("weak-hash", include_str!("php/weak-hash.yml")),
    (
        "weak-hash-password",
        include_str!("php/weak-hash-password.yml"),
    ),
    ("wordpress-file", include_str!("php/wordpress-file.yml")),
    ("wordpress-option", include_str!("php/wordpress-option.yml")),
    ("wordpress-role", include_str!("php/wordpress-role.yml")),
    (
        "wordpress-unserialize",
        include_str!("php/wordpress-unserialize.yml"),
    ),
    ("xpath-injection", include_str!("php/xpath-injection.yml")),
    ("xss-built-html", include_str!("php/xss-built-html.yml")),
    ("xss-die", include_str!("php/xss-die.yml")),
    ("xss-echo", include_str!("php/xss-echo.yml")),
    ("xss-response", include_str!("php/xss-response.yml")),
    ("xss-short-echo", include_str!("php/xss-short-echo.yml")),
    ("xss-stored", include_str!("php/xss-stored.yml")),
    ("xss-user-text", include_str!("php/xss-user-text.yml")),
    ("xxe", include_str!("php/xxe.yml")),
    (
        "xxe-entity-loader",
        include_str!("php/xxe-entity-loader.yml"),
    ),
    ("zip-slip", include_str!("php/zip-slip.yml")),
];

pub(super) const RUBY: Listed = &[
    ("auth-by-cookie", include_str!("ruby/auth-by-cookie.yml")),
    (
        "basic-auth-password",
        include_str!("ruby/basic-auth-password.yml"),
    ),
    (
        "class-from-request",
        include_str!("ruby/class-from-request.yml"),
    ),
    ("code-injection", include_str!("ruby/code-injection.yml")),
    (
        "command-injection",
        include_str!("ruby/command-injection.yml"),
    ),
    (
        "command-injection-backticks",
        include_str!("ruby/command-injection-backticks.yml"),
    ),
    (
        "command-injection-open",
        include_str!("ruby/command-injection-open.yml"),
    ),
    ("cookie-flags", include_str!("ruby/cookie-flags.yml")),
    ("cors-any-origin", include_str!("ruby/cors-any-origin.yml")),
    ("csrf-off", include_str!("ruby/csrf-off.yml")),
    ("debug-on", include_str!("ruby/debug-on.yml")),
    ("dynamic-find", include_str!("ruby/dynamic-find.yml")),
    ("error-details", include_str!("ruby/error-details.yml")),
    ("force-ssl-off", include_str!("ruby/force-ssl-off.yml")),
    (
        "hard-coded-password",
        include_str!("ruby/hard-coded-password.yml"),
    ),
    ("insecure-random", include_str!("ruby/insecure-random.yml")),
    (
        "insecure-random-function",
        include_str!("ruby/insecure-random-function.yml"),
    ),
    ("jwt-secret", include_str!("ruby/jwt-secret.yml")),
    ("jwt-unverified", include_str!("ruby/jwt-unverified.yml")),
    ("ldap-injection", include_str!("ruby/ldap-injection.yml")),
    ("mass-assignment", include_str!("ruby/mass-assignment.yml")),
    (
        "mass-assignment-role",
        include_str!("ruby/mass-assignment-role.yml"),
    ),
    (
        "mass-assignment-unsafe",
        include_str!("ruby/mass-assignment-unsafe.yml"),
    ),
    ("open-redirect", include_str!("ruby/open-redirect.yml")),
    ("path-traversal", include_str!("ruby/path-traversal.yml")),
    (
        "path-traversal-send",
        include_str!("ruby/path-traversal-send.yml"),
    ),
    ("permissive-mode", include_str!("ruby/permissive-mode.yml")),
    (
        "regex-from-request",
        include_str!("ruby/regex-from-request.yml"),
    ),
    (
        "regex-line-anchors",
        include_str!("ruby/regex-line-anchors.yml"),
    ),
    ("remote-method", include_str!("ruby/remote-method.yml")),
    (
        "render-from-request",
        include_str!("ruby/render-from-request.yml"),
    ),
    ("render-inline", include_str!("ruby/render-inline.yml")),
    ("secret-default", include_str!("ruby/secret-default.yml")),
    ("secret-key-base", include_str!("ruby/secret-key-base.yml")),
    ("sql-injection", include_str!("ruby/sql-injection.yml")),
    (
        "sql-injection-options",
        include_str!("ruby/sql-injection-options.yml"),
    ),
    ("ssrf", include_str!("ruby/ssrf.yml")),
    ("ssti", include_str!("ruby/ssti.yml")),
    ("ssti-sinatra", include_str!("ruby/ssti-sinatra.yml")),
    ("static-iv", include_str!("ruby/static-iv.yml")),
    ("temp-file", include_str!("ruby/temp-file.yml")),
    (
        "tls-verification-off",
        include_str!("ruby/tls-verification-off.yml"),
    ),
    (
        "unsafe-deserialisation",
        include_str!("ruby/unsafe-deserialisation.yml"),
    ),
    ("unsafe-yaml", include_str!("ruby/unsafe-yaml.yml")),
    ("weak-cipher", include_str!("ruby/weak-cipher.yml")),
    ("weak-hash", include_str!("ruby/weak-hash.yml")),
    (
        "weak-hash-password",
        include_str!("ruby/weak-hash-password.yml"),
    ),
    ("xpath-injection", include_str!("ruby/xpath-injection.yml")),
    ("xss-escape-off", include_str!("ruby/xss-escape-off.yml")),
    ("xss-html-safe", include_str!("ruby/xss-html-safe.yml")),
    (
        "xss-html-safe-field",
        include_str!("ruby/xss-html-safe-field.yml"),
    ),
    ("xss-link", include_str!("ruby/xss-link.yml")),
    ("xss-raw", include_str!("ruby/xss-raw.yml")),
    ("xss-render", include_str!("ruby/xss-render.yml")),
    ("xss-sinatra", include_str!("ruby/xss-sinatra.yml")),
    ("xxe", include_str!("ruby/xxe.yml")),
];
