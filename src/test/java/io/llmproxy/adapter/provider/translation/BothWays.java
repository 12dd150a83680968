package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A dialect that has clients and providers: what goes out by the one side is read by the other. */
record BothWays(ClientDialect client, ProviderDialect provider) {
    private static final ProviderAccount ACCOUNT = Accounts.account(ProviderKind.CUSTOM, "https://api.example.com/v1");

    static BothWays of(String name) {
        return new BothWays(Dialects.client(name), Dialects.provider(name));
    }

    ChatRequest through(ChatRequest request) {
        Notes strict = new Notes("nobody", false);
        byte[] json = provider.writeRequest(request, ACCOUNT, strict);
        ProviderDialect.Place place = provider.place(request);
        UpstreamRequest sent = new UpstreamRequest(
                "POST", place.path(), false, place.query(), new HeaderFields(), RequestBody.of(json));
        ChatRequest read = client.readRequest(sent, Json.parse(json), Operation.CHAT, strict);
        assertThat(strict.warning()).isNull();
        return read;
    }

    ChatAnswer through(ChatAnswer answer) throws UpstreamException {
        return provider.readAnswer(Json.parse(client.writeAnswer(answer, 0)));
    }

    List<StreamEvent> through(List<StreamEvent> events) throws UpstreamException {
        JsonOut out = new JsonOut();
        StreamWriter writer = client.streamWriter(RandomChat.STREAMED, 0);
        for (StreamEvent event : events) {
            writer.write(event, out);
        }
        writer.end(out);
        List<StreamEvent> read = new ArrayList<>();
        StreamReader reader = provider.streamReader(RandomChat.STREAMED);
        boolean done = false;
        for (String line : new String(out.take(), StandardCharsets.UTF_8).split("\r?\n", -1)) {
            String data = line.startsWith("data: ") ? line.substring(6) : line.startsWith("{") ? line : "";
            if (!data.isEmpty() && !data.equals("[DONE]")) {
                done |= reader.read(Json.parse(data.getBytes(StandardCharsets.UTF_8)), read::add);
            }
        }
        assertThat(done || reader.mayEnd()).isTrue();
        return read;
    }
}
