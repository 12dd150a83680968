package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.adapter.provider.support.Downloader;
import io.llmproxy.adapter.provider.support.Downloader.Download;
import io.llmproxy.adapter.provider.support.Downloader.FailedException;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.BodyRoom;
import io.llmproxy.gateway.Refusals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Puts the bytes of images and documents in the place of their URLs, for a provider that takes no URLs. For one request. */
final class FetchedUrls {
    static final int MOST_BYTES = 20 * 1024 * 1024;
    static final int MOST_URLS = 16;
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String PARAMETER = "messages.content.url";

    /** The bytes, their base64 in the conversation and in the body. */
    private static final int COPIES = 4;

    private final Downloader downloader;
    private final BodyRoom.Share room;
    private final long end = System.nanoTime() + PATIENCE.toNanos();
    private int bytesLeft = MOST_BYTES;
    private int urlsLeft = MOST_URLS;

    /** @param room what they take up until the request is written */
    FetchedUrls(Downloader downloader, BodyRoom.Share room) {
        this.downloader = downloader;
        this.room = room;
    }

    /** Whether there is anything to fetch. */
    static boolean wanted(ChatRequest request) {
        return request.messages().stream()
                .flatMap(message -> message.content().stream())
                .anyMatch(content -> source(content) instanceof Source.Url);
    }

    private static Source source(Content content) {
        return switch (content) {
            case Content.Image image -> image.source();
            case Content.File file -> file.source();
            default -> NOWHERE;
        };
    }

    private static final Source NOWHERE = new Source.Bytes("", "");

    /** Blocks; throws the client's 400 where one cannot be fetched. */
    ChatRequest in(ChatRequest request) {
        List<Message> messages = new ArrayList<>(request.messages().size());
        for (Message message : request.messages()) {
            List<Content> content =
                    message.content().stream().map(this::fetched).toList();
            messages.add(new Message(message.role(), content, message.name()));
        }
        return request.withMessages(messages);
    }

    private Content fetched(Content content) {
        return switch (content) {
            case Content.Image(Source.Url(String url), var detail, var cache) ->
                new Content.Image(bytes(url, "image", "image/"), detail, cache);
            case Content.File(Source.Url(String url), var name, var cache) ->
                new Content.File(bytes(url, "document", "application/pdf"), name, cache);
            default -> content;
        };
    }

    private Source.Bytes bytes(String url, String what, String type) {
        if (urlsLeft-- == 0) {
            throw Refusals.invalid("The request names more than " + MOST_URLS + " URLs to fetch.", PARAMETER);
        }
        try {
            Duration within = Duration.ofMillis(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            Download download = downloader.fetch(url, bytesLeft, within, this::makeRoom);
            if (!download.mediaType().startsWith(type)) {
                throw refused(what, "its server says that it is something else");
            }
            bytesLeft -= download.bytes().length;
            return new Source.Bytes(download.mediaType(), Base64.getEncoder().encodeToString(download.bytes()));
        } catch (FailedException e) {
            throw refused(what, String.valueOf(e.getMessage()));
        }
    }

    private void makeRoom(int bytes) {
        if (!room.take(COPIES * bytes)) {
            throw Refusals.unavailable(
                    "The gateway has no memory left for what the request's URLs stand for; try again later.");
        }
    }

    private static ProxyException refused(String what, String why) {
        return Refusals.invalid("The " + what + " of a URL could not be fetched: " + why + ".", PARAMETER);
    }
}
