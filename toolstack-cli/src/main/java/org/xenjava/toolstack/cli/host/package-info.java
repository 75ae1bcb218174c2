// SPDX-License-Identifier: Apache-2.0
/** Commands that list domains or describe the host. */
@NullMarked
package org.xenjava.toolstack.cli.host;

import org.jspecify.annotations.NullMarked;
