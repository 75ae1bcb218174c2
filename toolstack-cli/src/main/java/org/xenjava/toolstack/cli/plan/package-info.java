// SPDX-License-Identifier: Apache-2.0
/** Commands that open no Xen: the plan of a create and the rehearsal of XSA-153. */
@NullMarked
package org.xenjava.toolstack.cli.plan;

import org.jspecify.annotations.NullMarked;
