package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.adapter.provider.support.AccountCredential;
import io.llmproxy.adapter.provider.support.CredentialRedactor;
import io.llmproxy.adapter.provider.support.Login;
import io.llmproxy.adapter.provider.support.OperatorFields;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** Signs each request with a pair of keys; the secret one never leaves this process. */
public final class AwsLogin implements Login {
    private static final String SERVICE = "bedrock";

    private final State state;
    private final AwsCredential credential;
    private final SignatureV4 signature;
    private final String host;
    private final InstantSource clock;

    private AwsLogin(State state, AwsCredential credential, String region, String host, InstantSource clock) {
        this.state = state;
        this.credential = credential;
        this.signature = new SignatureV4(region, SERVICE);
        this.host = host;
        this.clock = clock;
    }

    /**
     * By signatures where the credential is a pair of keys, by a bearer token where it is an API key.
     *
     * @param host as the Host field of requests has it
     */
    public static Login of(ProviderAccount account, AccountCredential given, String host, InstantSource clock) {
        Secret secret = given.secret();
        AwsCredential pair = secret == null ? null : AwsCredential.parse(secret);
        if (pair == null) {
            return Login.fixed(OperatorFields.fixed(account, "Authorization", "Bearer ", secret), given);
        }
        String region = Regions.of(account);
        HeaderFields fields = OperatorFields.fixed(account, "Authorization", "", null);
        if (region == null) {
            String fault = "it is not known for which region to sign: give --option region=NAME";
            return () -> new State(fields, null, fault);
        }
        // of the two the session's token alone is sent, and may be quoted
        Secret quoted = Objects.requireNonNullElse(pair.session(), pair.secretKey());
        return new AwsLogin(new State(fields, new CredentialRedactor(quoted), null), pair, region, host, clock);
    }

    @Override
    public State now() {
        return state;
    }

    @Override
    public void sign(String method, String target, HeaderFields fields, RequestBody body) {
        Instant at = clock.instant();
        SortedMap<String, String> signed = new TreeMap<>();
        signed.put("host", fields.first("Host").orElse(host));
        signed.put("x-amz-date", SignatureV4.TIME.format(at));
        Secret session = credential.session();
        if (session != null) {
            signed.put("x-amz-security-token", session.reveal());
            fields.set("X-Amz-Security-Token", session.reveal());
        }
        fields.set("X-Amz-Date", SignatureV4.TIME.format(at));
        fields.set("Authorization", signature.authorization(credential, at, method, target, signed, hash(body)));
    }

    private static String hash(RequestBody body) {
        MessageDigest digest = SignatureV4.sha256();
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            body.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("reading back a request body to sign it failed", e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
