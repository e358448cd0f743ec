"""A small OpenID Connect provider that tests start: discovery, authorization code with state and nonce, RS256, JWKS."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlparse

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "voc-test", "a-client-secret-that-no-page-may-show"


@dataclass
class Provider:
    """Lets in whom ``people`` lists (e-mail -> further claims); everybody else gets no code."""

    redirect_uri: str
    people: dict[str, dict]
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"}))
    codes: dict[str, dict] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args):
                """Keep the test's output clean."""

            def do_GET(self):
                provider.asked.append(urlparse(self.path).path)
                provider.answer(self, parse_qs(urlparse(self.path).query))

            def do_POST(self):
                provider.asked.append(urlparse(self.path).path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                provider.answer(self, parse_qs(body))

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request, given):
        one = {name: values[0] for name, values in given.items()}
        page = {
            "/.well-known/openid-configuration": self.discovery,
            "/jwks": lambda _r, _g: json.dumps({"keys": [self.key.as_dict(private=False)]}),
            "/authorize": self.authorize,
            "/decide": self.decide,
            "/token": self.token,
        }.get(urlparse(request.path).path)
        if page is None:
            return send(request, 404, "{}")
        found = page(request, one)
        return None if found is None else send(request, 200, found)

    def discovery(self, _request, _given):
        return json.dumps(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def authorize(self, request, given):
        """The page on which somebody signs in; a wrong client or address gets none."""
        right = given.get("client_id") == CLIENT and given.get("redirect_uri") == self.redirect_uri
        if not right or given.get("response_type") != "code" or "openid" not in given.get("scope", ""):
            return send(request, 400, "not for this client")
        hidden = "".join(f"<input type=hidden name='{escape(k)}' value='{escape(v)}'>" for k, v in given.items())
        form = "<label>E-mail <input name=email></label><button>Continue</button>"
        return f"<html><body><form method=post action=/decide>{hidden}{form}</form></body></html>"

    def decide(self, request, given):
        back = {"state": given.get("state", "")}
        if given.get("email") in self.people:
            code = secrets.token_urlsafe(16)
            self.codes[code] = {**given, "at": time.time()}
            back["code"] = code
        else:
            back["error"] = "access_denied"
        request.send_response(302)
        request.send_header("Location", f"{self.redirect_uri}?{urlencode(back)}")
        request.end_headers()

    def token(self, request, given):
        """A code is good once, for the client that knows its secret (and, with PKCE, its verifier)."""
        kind, _, basic = request.headers.get("Authorization", "").partition(" ")
        pair = base64.b64decode(basic).decode().split(":", 1) if kind.lower() == "basic" else None
        client = pair or [given.get("client_id"), given.get("client_secret")]
        asked = self.codes.pop(given.get("code", ""), None)
        if client != [CLIENT, SECRET] or asked is None or given.get("redirect_uri") != self.redirect_uri:
            return send(request, 400, json.dumps({"error": "invalid_grant"}))
        if challenge := asked.get("code_challenge"):
            digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return send(request, 400, json.dumps({"error": "invalid_grant"}))
        email, now = asked["email"], int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": email, "iat": now, "exp": now + 300, "email": email}
        claims |= {"email_verified": True, **self.people[email]}
        if asked.get("nonce"):
            claims["nonce"] = asked["nonce"]
        signed = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)
        answer = {
            "access_token": secrets.token_urlsafe(8),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": signed,
        }
        return json.dumps(answer)


def send(request, status, body):
    request.send_response(status)
    kind = "text/html" if body.startswith("<") else "application/json"
    request.send_header("Content-Type", f"{kind}; charset=utf-8")
    request.end_headers()
    request.wfile.write(body.encode())
