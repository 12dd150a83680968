package io.llmproxy.adapter.admin.auth;

import io.llmproxy.admin.Grant;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.keys.resolvers.VerificationKeyResolver;
import org.jspecify.annotations.Nullable;

/** Checks JSON Web Tokens: signature, issuer, audience and times, and what their claims grant. Thread-safe. */
final class JwtVerifier {
    private static final int LONGEST_SUBJECT = 200;
    private final AuthSettings.Jwt settings;
    private final VerificationKeyResolver keys;

    JwtVerifier(AuthSettings.Jwt settings, VerificationKeyResolver keys) {
        this.settings = settings;
        this.keys = keys;
    }

    /** Whether it has the three parts of a signed token; an encrypted one has five. */
    static boolean wellFormed(String text) {
        int first = text.indexOf('.');
        int second = text.indexOf('.', first + 1);
        return first > 0 && second > first + 1 && second < text.length() - 1 && text.indexOf('.', second + 1) < 0;
    }

    /** Blocks where keys must be fetched. */
    Grant verify(String token, Instant now) throws JwtRefused {
        try {
            JwtClaims claims = new JwtConsumerBuilder()
                    .setJwsAlgorithmConstraints(
                            ConstraintType.PERMIT, settings.algorithms().toArray(String[]::new))
                    .setVerificationKeyResolver(keys)
                    .setExpectedIssuer(settings.issuer())
                    .setExpectedAudience(settings.audience())
                    .setRequireSubject()
                    .setRequireExpirationTime()
                    .setRequireIssuedAt()
                    .setAllowedClockSkewInSeconds((int) settings.leeway().toSeconds())
                    .setEvaluationTime(NumericDate.fromMilliseconds(now.toEpochMilli()))
                    .build()
                    .processToClaims(token);
            checkTimes(claims, now);
            return grant(claims);
        } catch (InvalidJwtException e) {
            throw new JwtRefused(reason(e));
        } catch (MalformedClaimException e) {
            throw new JwtRefused("a claim is of the wrong type");
        } catch (InvalidValueException e) {
            throw new JwtRefused("its claims grant nothing: the role, or the tenant or user that it needs, is wrong");
        } catch (RuntimeException e) {
            // times beyond all calendars and whatever else strangers think of
            throw new JwtRefused("it cannot be read");
        }
    }

    private void checkTimes(JwtClaims claims, Instant now) throws MalformedClaimException, JwtRefused {
        Instant issued = Instant.ofEpochSecond(claims.getIssuedAt().getValue());
        Instant end = Instant.ofEpochSecond(claims.getExpirationTime().getValue());
        if (issued.isAfter(now.plus(settings.leeway()))) {
            throw new JwtRefused("it was issued in the future");
        }
        if (Duration.between(issued, end).compareTo(settings.maxLifetime()) > 0) {
            throw new JwtRefused("it lives longer than admin.auth.jwt.max-lifetime");
        }
    }

    private Grant grant(JwtClaims claims) throws MalformedClaimException, JwtRefused {
        String subject = claims.getSubject();
        if (subject.isBlank() || subject.length() > LONGEST_SUBJECT) {
            throw new JwtRefused("its subject is empty or longer than " + LONGEST_SUBJECT + " characters");
        }
        Role role = role(claims.getClaimValue(settings.claims().role()));
        return new Grant(
                "jwt:" + subject,
                role,
                text(claims, settings.claims().tenant()),
                // issuers put addresses into everybody's tokens
                role == Role.USER ? text(claims, settings.claims().user()) : null);
    }

    /** Issuers give lists of roles for many programs; of those of this one there must be one alone. */
    private static Role role(@Nullable Object claim) throws JwtRefused {
        List<?> words = claim instanceof List<?> list ? list : claim == null ? List.of() : List.of(claim);
        List<Role> roles = words.stream()
                .flatMap(word -> List.of(Role.values()).stream()
                        .filter(role -> role.word().equals(word)))
                .distinct()
                .toList();
        if (roles.size() != 1) {
            throw new JwtRefused(roles.isEmpty() ? "it names no role" : "it names several roles");
        }
        return roles.getFirst();
    }

    private static @Nullable String text(JwtClaims claims, String name) throws MalformedClaimException {
        return claims.getStringClaimValue(name);
    }

    /** In our words: those of the library quote the token. */
    private static String reason(InvalidJwtException e) {
        int code = e.getErrorDetails().isEmpty()
                ? 0
                : e.getErrorDetails().getFirst().getErrorCode();
        return switch (code) {
            case ErrorCodes.EXPIRED -> "it has expired";
            case ErrorCodes.NOT_YET_VALID -> "it is not valid yet";
            case ErrorCodes.EXPIRATION_MISSING -> "it has no exp";
            case ErrorCodes.ISSUED_AT_MISSING -> "it has no iat";
            case ErrorCodes.AUDIENCE_MISSING, ErrorCodes.AUDIENCE_INVALID -> "its audience is another";
            case ErrorCodes.ISSUER_MISSING, ErrorCodes.ISSUER_INVALID -> "its issuer is another";
            case ErrorCodes.SUBJECT_MISSING -> "it has no subject";
            case ErrorCodes.SIGNATURE_INVALID -> "its signature is wrong";
            case ErrorCodes.SIGNATURE_MISSING -> "it is not signed";
            default -> "it cannot be read, or its algorithm or key is not accepted";
        };
    }
}
