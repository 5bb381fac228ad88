//! The page in a real browser, at two widths and in both colour schemes: nothing overlaps, nothing sticks out, every picture is
//! there. A script that looks is put into a copy of the page, whose answer is read from the document that the browser prints.

use super::{PELLETS, folder, voxion};
use std::{fs, path::Path, process::Command};

/// Looks at the page and writes what is wrong into an element.
const LOOK: &str = r#"<script>
const wrong = [];
if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push("the page is wider than the window");
for (const image of document.images) if (!image.naturalWidth) wrong.push("a picture is missing");
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  for (const [text, box] of boxes)
    if (box.left < frame.left - 1 || box.top < frame.top - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1) wrong.push("cut: " + text);
  for (let a = 0; a < boxes.length; a++) for (let b = 0; b < a; b++) {
    const [p, q] = [boxes[a][1], boxes[b][1]];
    if (p.left < q.right && q.left < p.right && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      wrong.push("overlap: " + boxes[a][0] + " and " + boxes[b][0]);
  }
}
const light = colour => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part) / 765, 0);
const style = getComputedStyle(document.body);
if (Math.abs(light(style.color) - light(style.backgroundColor)) < 0.5) wrong.push("faint text");
const answer = document.createElement("pre");
answer.id = "answer";
answer.textContent = "seen " + document.querySelectorAll("svg").length + " plots, wrong: [" + wrong.join("; ") + "]";
document.body.append(answer);
</script>"#;

/// What the browser says of a page at a width.
fn look(page: &str, (width, scheme): (u32, &str), folder: &Path) -> String {
    let path = folder.join("looked-at.html");
    fs::write(&path, page.replace("</body>", &format!("{LOOK}</body>"))).unwrap();
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
        .expect("a browser: apt-get install chromium");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
    if scheme == "dark" {
        command.arg("--force-dark-mode");
    }
    let output = command
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("--window-size={width},2000"))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer = text.split("<pre id=\"answer\">").nth(1).unwrap_or_default();
    answer.split("</pre>").next().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs Chromium; run with -- --ignored browser_"]
fn browser_shows_the_page_of_a_study_without_overlaps() {
    let folder = folder(&PELLETS.replace(
        "[generate]\n",
        "[[parameter]]\nkey = \"phases.coating.conductivity\"\nfrom = \"1e-9 S/cm\"\nto = \"1e-3 S/cm\"\nscale = \"log\"\ncount = 4\n\n\
         [[parameter]]\nkey = \"generate.particle_material\"\nvalues = [\"Li6PS5Cl\", \"beta-Li3PS4\"]\n\n[generate]\n",
    ));
    voxion(folder.path(), "study run study.toml --quiet").success();
    voxion(folder.path(), "study merge study.toml").success();
    voxion(folder.path(), "report study.h5 -o page.html").success();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    for width in [1280, 500] {
        for scheme in ["light", "dark"] {
            let answer = look(&page, (width, scheme), folder.path());
            assert_eq!(answer, "seen 5 plots, wrong: []", "{width} {scheme}");
        }
    }
    // Letters that are too large, and a picture that is broken, are seen.
    let large = page.replace("font-size: 12px", "font-size: 60px");
    let answer = look(&large, (1280, "light"), folder.path());
    assert!(answer.contains("overlap"), "{answer}");
    let broken = page.replace("data:image/png;base64,", "data:image/png;base64,AAAA");
    let answer = look(&broken, (1280, "light"), folder.path());
    assert!(answer.contains("a picture is missing"), "{answer}");
}
