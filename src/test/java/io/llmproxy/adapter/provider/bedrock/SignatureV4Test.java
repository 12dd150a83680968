package io.llmproxy.adapter.provider.bedrock;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The published signing vectors of AWS (aws-c-auth, aws-signing-test-suite/v4), which name a region and a service of their own. */
class SignatureV4Test {
    private static final Instant AT = Instant.parse("2015-08-30T12:36:00Z");
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private static final String SESSION = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

    private static String signed(
            String method, String target, SortedMap<String, String> more, @Nullable String session, String body) {
        more.put("host", "example.amazonaws.com");
        more.put("x-amz-date", "20150830T123600Z");
        AwsCredential credential =
                new AwsCredential("AKIDEXAMPLE", new Secret(SECRET), session == null ? null : new Secret(session));
        String hash = SignatureV4.hash(body.getBytes(StandardCharsets.UTF_8));
        return new SignatureV4("us-east-1", "service").authorization(credential, AT, method, target, more, hash);
    }

    @ParameterizedTest
    @CsvSource({
        "/,                             5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "/?Param2=value2&Param1=value1, b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        "/\u1234,                       8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        "/example space/,               652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, 07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
    })
    void signsPathsAndQueries(String target, String signature) {
        assertThat(signed("GET", target, new TreeMap<>(), null, ""))
                .isEqualTo("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
                        + " SignedHeaders=host;x-amz-date, Signature=" + signature);
    }

    @Test
    void signsTheTokenOfASession() {
        SortedMap<String, String> fields = new TreeMap<>();
        fields.put("x-amz-security-token", SESSION);

        assertThat(signed("GET", "/", fields, SESSION, ""))
                .endsWith("Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
    }

    @Test
    void signsFieldsWithoutTheBlanksAroundAndWithin() {
        SortedMap<String, String> fields = new TreeMap<>();
        fields.put("my-header1", " value1");
        fields.put("my-header2", " \"a   b   c\"");

        assertThat(signed("GET", "/", fields, null, ""))
                .endsWith("Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    }

    @Test
    void signsABody() {
        SortedMap<String, String> fields = new TreeMap<>();
        fields.put("content-type", "application/x-www-form-urlencoded");
        fields.put("content-length", "13");
        fields.put("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");

        assertThat(signed("POST", "/", fields, null, "Param1=value1"))
                .endsWith("Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b");
    }

    @Test
    void tellsKeysFromAnApiKey() {
        AwsCredential lasting = AwsCredential.parse(new Secret("AKIA1:s/+="));
        AwsCredential temporary = AwsCredential.parse(new Secret("ASIA1:s:t:/x=="));

        assertThat(lasting).isNotNull().extracting(AwsCredential::session).isNull();
        assertThat(temporary)
                .isNotNull()
                .satisfies(c -> assertThat(c.session())
                        .isNotNull()
                        .extracting(Secret::reveal)
                        .isEqualTo("t:/x=="));
        assertThat(String.valueOf(temporary)).isEqualTo("AwsCredential[ASIA1]");
        assertThat(AwsCredential.parse(new Secret("bedrock-api-key-abc"))).isNull();
        assertThat(AwsCredential.parse(new Secret(":x"))).isNull();
    }
}
