package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import tools.jackson.databind.JsonNode;

/** Reads fields of a {@link Body} as values of the domain. */
final class Readers {
    private Readers() {}

    static List<Glob> globs(String field, JsonNode node) {
        return Body.texts(field, node).stream()
                .map(text -> {
                    Checks.text(field, text, 256);
                    return new Glob(text);
                })
                .toList();
    }

    static Glob glob(String field, JsonNode node) {
        return new Glob(Checks.text(field, Body.text(field, node), 256));
    }

    static Set<String> names(String field, JsonNode node) {
        return new LinkedHashSet<>(Body.texts(field, node));
    }

    static List<Cidr> cidrs(String field, JsonNode node) {
        return Body.texts(field, node).stream()
                .map(text -> Cidr.parse(field, text))
                .toList();
    }

    /** Subjects in any form that RFC 2253 and its kind allow. */
    static List<CertificateName> certificates(String field, JsonNode node) {
        return Body.texts(field, node).stream()
                .map(text -> certificate(field, text))
                .toList();
    }

    private static CertificateName certificate(String field, String text) {
        CertificateName name = CertificateName.parse(field, text);
        if (name.kind() != CertificateName.Kind.SUBJECT) {
            return name;
        }
        try {
            return new CertificateName(name.kind(), new X500Principal(name.value()).getName(X500Principal.CANONICAL));
        } catch (IllegalArgumentException e) {
            throw new InvalidValueException(
                    field,
                    "is no subject, as CN=app,O=Acme; openssl x509 -noout -subject -nameopt RFC2253 shows it; got "
                            + Checks.quoted(name.value()));
        }
    }

    static Role role(String field, JsonNode node) {
        return Role.parse(Body.text(field, node));
    }

    /** A user's status as a word. */
    static Boolean enabled(String field, JsonNode node) {
        return switch (Body.text(field, node)) {
            case "enabled" -> true;
            case "disabled" -> false;
            default -> throw new InvalidValueException(field, "must be enabled or disabled");
        };
    }

    static Duration duration(String field, JsonNode node) {
        return Durations.parse(field, Body.text(field, node));
    }

    static Secret secret(String field, JsonNode node) {
        return new Secret(Body.text(field, node));
    }

    static SecretRef ref(String field, JsonNode node) {
        return SecretRef.parse(Body.text(field, node));
    }

    /** A file of the server, by its absolute path. */
    static SecretRef file(String field, JsonNode node) {
        String path = Body.text(field, node);
        try {
            return new SecretRef(SecretRef.Kind.FILE, path);
        } catch (InvalidValueException e) {
            throw new InvalidValueException(field, e.rule());
        }
    }

    static UpstreamProxy proxy(String field, JsonNode node) {
        return UpstreamProxy.parse(field, Body.text(field, node));
    }

    static StreamUsage streamUsage(String field, JsonNode node) {
        return StreamUsage.parse(field, Body.text(field, node));
    }

    static String apiVersion(String field, JsonNode node) {
        return Checks.text(field, Body.text(field, node), 64);
    }

    /** The text is not repeated where it is no URL: it may hold a password. */
    static URI url(String field, JsonNode node) {
        String text = Checks.text(field, Body.text(field, node), 2048);
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '/') {
            end--;
        }
        try {
            return new URI(text.substring(0, end));
        } catch (URISyntaxException e) {
            throw new InvalidValueException(field, "is no URL, as https://llm.example.com/v1");
        }
    }
}
