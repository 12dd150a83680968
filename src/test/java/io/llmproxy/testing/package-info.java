/** What the tests of several packages share. */
@NullMarked
package io.llmproxy.testing;

import org.jspecify.annotations.NullMarked;
