package io.llmproxy.sdk;

import com.openai.client.OpenAIClient;
import com.openai.core.MultipartField;
import com.openai.models.audio.AudioResponseFormat;
import com.openai.models.audio.speech.SpeechCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.audio.translations.TranslationCreateParams;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import com.openai.models.finetuning.jobs.JobCreateParams;
import com.openai.models.images.ImageCreateVariationParams;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.uploads.UploadCompleteParams;
import com.openai.models.uploads.UploadCreateParams;
import com.openai.models.uploads.parts.PartCreateParams;
import com.openai.models.vectorstores.VectorStoreCreateParams;
import com.openai.models.vectorstores.VectorStoreSearchParams;
import com.openai.models.vectorstores.files.FileDeleteParams;
import com.openai.models.vectorstores.files.FileRetrieveParams;
import com.openai.models.videos.VideoCreateParams;
import com.openai.models.videos.VideoDownloadContentParams;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Every call whose subject is a file, a picture, a sound, or an object that the provider keeps. */
// what the client advises against still has to pass; the transcript closes what it is given
@SuppressWarnings({"deprecation", "MustBeClosedChecker"})
record ObjectsProgramme(OpenAIClient client, Transcript seen) {
    void run() {
        images();
        speech();
        transcriptions();
        videos();
        files();
        uploadsAndBatches();
        fineTuning();
        vectorStores();
    }

    private static InputStream picture() {
        return new ByteArrayInputStream(bytes(70_000));
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private void images() {
        var images = client.images();
        ImageGenerateParams generate = ImageGenerateParams.builder()
                .prompt("A cät")
                .model("gpt-image-1")
                .build();
        seen.call("image", () -> images.generate(generate));
        seen.stream("image stream", () -> images.generateStreaming(generate));
        seen.call("image edit", () -> images.edit(edit()));
        seen.stream("image edit stream", () -> images.editStreaming(edit()));
        seen.call(
                "image variation",
                () -> images.createVariation(
                        ImageCreateVariationParams.builder().image(picture()).build()));
    }

    private static ImageEditParams edit() {
        return ImageEditParams.builder()
                .image(picture())
                .mask(picture())
                .prompt("A cät")
                .model("gpt-image-1")
                .build();
    }

    private void speech() {
        var speech = SpeechCreateParams.builder()
                .input("Grüezi")
                .model("tts-1")
                .voice(SpeechCreateParams.Voice.UnionMember1.ALLOY);
        seen.bytes("speech", () -> client.audio().speech().create(speech.build()));
        seen.bytes(
                "speech as events",
                () -> client.audio()
                        .speech()
                        .create(speech.streamFormat(SpeechCreateParams.StreamFormat.SSE)
                                .build()));
    }

    private void transcriptions() {
        var transcriptions = client.audio().transcriptions();
        seen.call("transcription", () -> transcriptions.create(transcription().build()));
        seen.call(
                "transcription, verbose",
                () -> transcriptions.create(transcription()
                        .responseFormat(AudioResponseFormat.VERBOSE_JSON)
                        .addTimestampGranularity(TranscriptionCreateParams.TimestampGranularity.WORD)
                        .addTimestampGranularity(TranscriptionCreateParams.TimestampGranularity.SEGMENT)
                        .build()));
        for (AudioResponseFormat format :
                new AudioResponseFormat[] {AudioResponseFormat.TEXT, AudioResponseFormat.SRT, AudioResponseFormat.VTT
                }) {
            seen.bytes(
                    "transcription as " + format,
                    () -> transcriptions
                            .withRawResponse()
                            .create(transcription().responseFormat(format).build()));
        }
        seen.stream(
                "transcription stream",
                () -> transcriptions.createStreaming(transcription().build()));
        seen.call(
                "translation",
                () -> client.audio()
                        .translations()
                        .create(TranslationCreateParams.builder()
                                .file(picture())
                                .model("whisper-1")
                                .build()));
    }

    private static TranscriptionCreateParams.Builder transcription() {
        return TranscriptionCreateParams.builder().file(picture()).model("gpt-4o-transcribe");
    }

    private void videos() {
        var videos = client.videos();
        seen.call(
                "video",
                () -> videos.create(VideoCreateParams.builder()
                        .prompt("A cät")
                        .model("sora-2")
                        .inputReference(picture())
                        .build()));
        seen.call("video retrieved", () -> videos.retrieve("video_1"));
        seen.all("videos", () -> videos.list().autoPager());
        seen.bytes(
                "video's content",
                () -> videos.downloadContent(VideoDownloadContentParams.builder()
                        .videoId("video_1")
                        .variant(VideoDownloadContentParams.Variant.THUMBNAIL)
                        .build()));
        seen.call("video deleted", () -> videos.delete("video_1"));
    }

    private void files() {
        var files = client.files();
        // past what the gateway keeps of an upload in memory
        for (int size : new int[] {0, 12, 2_000_000}) {
            seen.call(
                    "file of " + size,
                    () -> files.create(FileCreateParams.builder()
                            .file(MultipartField.<InputStream>builder()
                                    .value(new ByteArrayInputStream(bytes(size)))
                                    .filename("grüße \"an\" 日本.jsonl")
                                    .contentType("application/octet-stream")
                                    .build())
                            .purpose(FilePurpose.BATCH)
                            .build()));
        }
        seen.all("files", () -> files.list().autoPager());
        seen.call("file retrieved", () -> files.retrieve("file-2"));
        seen.bytes("file's content", () -> files.content("file-3"));
        seen.call("file deleted", () -> files.delete("file-1"));
        seen.call("file that is no more", () -> files.retrieve("file-1"));
        seen.bytes("content that is no more", () -> files.content("file-1"));
    }

    private void uploadsAndBatches() {
        var uploads = client.uploads();
        seen.call(
                "upload",
                () -> uploads.create(UploadCreateParams.builder()
                        .bytes(12)
                        .filename("gross ü.jsonl")
                        .mimeType("text/jsonl")
                        .purpose(FilePurpose.BATCH)
                        .build()));
        seen.call(
                "upload's part",
                () -> uploads.parts()
                        .create(PartCreateParams.builder()
                                .uploadId("upload_1")
                                .data("twelve bytes".getBytes(StandardCharsets.UTF_8))
                                .build()));
        seen.call(
                "upload completed",
                () -> uploads.complete(UploadCompleteParams.builder()
                        .uploadId("upload_1")
                        .addPartId("part_1")
                        .build()));
        seen.call("upload cancelled", () -> uploads.cancel("upload_1"));
        seen.call(
                "batch",
                () -> client.batches()
                        .create(BatchCreateParams.builder()
                                .inputFileId("file-1")
                                .completionWindow(BatchCreateParams.CompletionWindow._24H)
                                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                                .build()));
        seen.call("batch retrieved", () -> client.batches().retrieve("batch_1"));
        seen.all("batches", () -> client.batches().list().autoPager());
        seen.call("batch cancelled", () -> client.batches().cancel("batch_1"));
    }

    private void fineTuning() {
        var jobs = client.fineTuning().jobs();
        seen.call(
                "fine-tuning job",
                () -> jobs.create(JobCreateParams.builder()
                        .model("gpt-4o-mini")
                        .trainingFile("file-1")
                        .build()));
        seen.call("fine-tuning job retrieved", () -> jobs.retrieve("ftjob-1"));
        seen.all("fine-tuning jobs", () -> jobs.list().autoPager());
        seen.all("fine-tuning job's events", () -> jobs.listEvents("ftjob-1").autoPager());
        seen.all(
                "fine-tuning job's checkpoints",
                () -> jobs.checkpoints().list("ftjob-1").autoPager());
        seen.call("fine-tuning job paused", () -> jobs.pause("ftjob-1"));
        seen.call("fine-tuning job resumed", () -> jobs.resume("ftjob-1"));
        seen.call("fine-tuning job cancelled", () -> jobs.cancel("ftjob-1"));
    }

    private void vectorStores() {
        var stores = client.vectorStores();
        seen.call(
                "vector store",
                () -> stores.create(
                        VectorStoreCreateParams.builder().name("Bücher").build()));
        seen.call("vector store retrieved", () -> stores.retrieve("vs_1"));
        seen.all("vector stores", () -> stores.list().autoPager());
        seen.all(
                "vector store searched",
                () -> stores.search(VectorStoreSearchParams.builder()
                                .vectorStoreId("vs_1")
                                .query("who")
                                .build())
                        .autoPager());
        seen.all("vector store's files", () -> stores.files().list("vs_1").autoPager());
        seen.call(
                "vector store's file",
                () -> stores.files()
                        .retrieve(FileRetrieveParams.builder()
                                .vectorStoreId("vs_1")
                                .fileId("file-1")
                                .build()));
        seen.call(
                "vector store's file taken out",
                () -> stores.files()
                        .delete(FileDeleteParams.builder()
                                .vectorStoreId("vs_1")
                                .fileId("file-1")
                                .build()));
        seen.call("vector store deleted", () -> stores.delete("vs_1"));
        seen.call("container deleted", () -> {
            client.containers().delete("cntr_1");
            return "done";
        });
    }
}
