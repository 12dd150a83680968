package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class LongWorkTest {
    private static <T> T virtually(Callable<T> work) throws InterruptedException, ExecutionException {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.startVirtualThread(task);
        return task.get();
    }

    private static Thread worker(long bytes) {
        return LongWork.on(bytes, Thread::currentThread);
    }

    @Test
    void leavesTheCarrierForWhatIsLong() throws Exception {
        Thread worker = virtually(() -> worker(LongWork.SHORT));
        assertThat(worker.isVirtual()).isFalse();
        assertThat(worker.isDaemon()).isTrue();
        assertThat(virtually(() -> worker(LongWork.SHORT - 1)).isVirtual()).isTrue();
        assertThat(worker(Long.MAX_VALUE)).isSameAs(Thread.currentThread());
    }

    @Test
    void failsAsTheWorkDoes() {
        IllegalStateException own = new IllegalStateException("own");
        assertThatThrownBy(() -> virtually(() -> LongWork.on(Long.MAX_VALUE, () -> {
                    throw own;
                })))
                .isInstanceOf(ExecutionException.class)
                .hasCause(own);
        StackOverflowError error = new StackOverflowError();
        assertThatThrownBy(() -> virtually(() -> LongWork.on(Long.MAX_VALUE, () -> {
                    throw error;
                })))
                .hasCause(error);
    }

    @Test
    void isNotInterruptedAndLosesNoInterrupt() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            boolean inside = LongWork.on(Long.MAX_VALUE, () -> {
                begun.countDown();
                try {
                    end.await();
                } catch (InterruptedException e) {
                    return true;
                }
                return false;
            });
            assertThat(inside).as("the work was interrupted").isFalse();
            return Thread.interrupted();
        });
        Thread waiting = Thread.startVirtualThread(task);
        begun.await();
        waiting.interrupt();
        end.countDown();
        assertThat(task.get()).as("whoever waited still knows").isTrue();
    }
}
