/** The packages' scripts and contents, as far as that needs neither root nor a package: packaging/prove.sh does the rest. */
@NullMarked
package io.llmproxy.packaging;

import org.jspecify.annotations.NullMarked;
