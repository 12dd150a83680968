/** What the use cases need of the world; each has two implementations or a fake in the tests. */
@NullMarked
package io.llmproxy.port;

import org.jspecify.annotations.NullMarked;
