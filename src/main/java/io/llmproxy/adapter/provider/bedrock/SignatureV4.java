package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.gateway.PercentEncoding;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests as AWS wants it ("AWS Signature Version 4 for API requests"): a hash of the request, under a key that holds for one
 * day, one region and one service.
 */
final class SignatureV4 {
    /** The time of a request, as {@code X-Amz-Date} has it. */
    static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final String PLAIN = PercentEncoding.UNRESERVED + "/";
    private static final int DATE_LENGTH = 8;

    private final String region;
    private final String service;

    SignatureV4(String region, String service) {
        this.region = region;
        this.service = service;
    }

    /**
     * The value of the Authorization field.
     *
     * @param target path and query as they are sent
     * @param fields what is signed besides, {@code host} and {@code x-amz-date} among it; names in lower case
     * @param payloadHash SHA-256 of the body, in hexadecimal digits
     */
    String authorization(
            AwsCredential credential,
            Instant at,
            String method,
            String target,
            SortedMap<String, String> fields,
            String payloadHash) {
        String time = TIME.format(at);
        String scope = time.substring(0, DATE_LENGTH) + "/" + region + "/" + service + "/aws4_request";
        String signed = String.join(";", fields.keySet());
        String canonical = canonical(method, target, fields, signed, payloadHash);
        String text = ALGORITHM + "\n" + time + "\n" + scope + "\n" + hash(canonical.getBytes(StandardCharsets.UTF_8));
        byte[] key = ("AWS4" + credential.secretKey().reveal()).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/", -1)) {
            key = mac(key, part);
        }
        return ALGORITHM + " Credential=" + credential.accessKeyId() + "/" + scope + ", SignedHeaders=" + signed
                + ", Signature=" + HexFormat.of().formatHex(mac(key, text));
    }

    private static String canonical(
            String method, String target, Map<String, String> fields, String signed, String payloadHash) {
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        StringBuilder out = new StringBuilder(method).append('\n');
        // once more than it is sent, as all services but S3 have it
        out.append(PercentEncoding.of(path, PLAIN)).append('\n');
        out.append(query(question < 0 ? null : target.substring(question + 1))).append('\n');
        fields.forEach((name, value) -> out.append(name)
                .append(':')
                .append(value.strip().replaceAll(" +", " "))
                .append('\n'));
        return out.append('\n').append(signed).append('\n').append(payloadHash).toString();
    }

    /** In order; a name without a value has an empty one. */
    private static String query(@Nullable String query) {
        if (query == null || query.isEmpty()) {
            return "";
        }
        String[] parts = query.split("&", -1);
        for (int i = 0; i < parts.length; i++) {
            parts[i] = parts[i].contains("=") ? parts[i] : parts[i] + "=";
        }
        Arrays.sort(parts);
        return String.join("&", parts);
    }

    static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] mac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }
}
