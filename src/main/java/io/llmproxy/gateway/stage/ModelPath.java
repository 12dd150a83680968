package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.Refusals;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** The name of a model in a path. */
final class ModelPath {
    private ModelPath() {}

    static String decoded(String written) {
        try {
            String model = URLDecoder.decode(written.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (model.isBlank() || model.length() > 256 || model.chars().anyMatch(Character::isISOControl)) {
                throw Refusals.invalid("The path names no valid model.", "model");
            }
            return model;
        } catch (IllegalArgumentException e) {
            throw new ProxyException(
                    new ProxyError.InvalidRequest("The path has a malformed percent escape.", "model"));
        }
    }

    static String encoded(String model) {
        StringBuilder out = new StringBuilder();
        for (byte b : model.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z';
            if (plain || b > 0 && "-._~/:@".indexOf(b) >= 0) {
                out.append((char) b);
            } else {
                out.append(String.format("%%%02X", b & 255));
            }
        }
        return out.toString();
    }
}
