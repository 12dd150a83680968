package io.llmproxy.gateway;

import io.llmproxy.runtime.KeySecrets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Two tenants, acme and globex, on one account that they share. */
final class ObjectsFixture {
    static final String NOT_FOUND = "404 not_found_error/not_found";
    static final String FORBIDDEN = "403 permission_error/object_not_owned";
    private static final Pattern ID = Pattern.compile("^\\{\"id\":\"([^\"]*)\"");

    final GatewayFixture fixture;
    final FakeAccount account = new FakeAccount();
    final String acme;
    final String globex = KeySecrets.generate();

    ObjectsFixture(Path directory) {
        fixture = new GatewayFixture(directory);
        acme = fixture.secret;
        fixture.removeProvider("up");
        fixture.addAccount(GatewayFixture.account("pool", null, List.of()));
        fixture.addTenant("globex", globex);
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        pool().answers(account);
    }

    ScriptedProvider pool() {
        return fixture.provider("pool");
    }

    static FakeRequest by(String key, String method, String path) {
        return new FakeRequest(method, path).key(key);
    }

    RecordingSink get(String key, String path) {
        return send(FakeRequest.get(path).key(key));
    }

    RecordingSink post(String key, String path, String json) {
        return send(FakeRequest.post(path, json).key(key));
    }

    RecordingSink delete(String key, String path) {
        return send(new FakeRequest("DELETE", path).key(key));
    }

    RecordingSink send(FakeRequest request) {
        return fixture.send(request);
    }

    /** What makes an object in a family. */
    static String creation(String family) {
        return family.equals("/chat/completions")
                ? "{\"model\":\"gpt-4o\",\"store\":true,\"messages\":[]}"
                : "{\"model\":\"gpt-4o\"}";
    }

    /** Makes an object; its id. */
    String make(String key, String family) {
        return id(post(key, "/v1" + family, creation(family)));
    }

    static String id(RecordingSink answer) {
        Matcher id = ID.matcher(answer.text());
        if (answer.status() != 200 || !id.find()) {
            throw new AssertionError(answer.status() + " " + answer.text());
        }
        return id.group(1);
    }

    /** Status and error of an answer, which must not have come from the provider. */
    String refused(FakeRequest request) {
        int asked = pool().asked().size();
        RecordingSink answer = send(request);
        if (pool().asked().size() != asked) {
            throw new AssertionError("it was sent: " + pool().last());
        }
        return answer.refusal();
    }
}
